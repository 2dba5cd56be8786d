import type { CryptoKey, CryptoProvider, SignatureAlgorithm } from './crypto-provider.js';
import { base64, base64url, bytesOfBase64, utf8, type Bytes } from './encoding.js';
import { component, identifier, signatureBase, type SignedMessage } from './signature-base.js';

/** A key, what it is called and the one algorithm that it is for. */
export interface SigningKey {
  /** The id of an API key, or `<client_id>/<kid>`. */
  readonly keyId: string;
  readonly algorithm: SignatureAlgorithm;
  readonly key: CryptoKey;
}

/** A secret is what came with the API key: base64url, for hmac-sha256. */
export type SignatureOption = SigningKey | { readonly keyId: string; readonly secret: string };

export const LABEL = 'sig';

/** Of what the options say; a secret is imported once. Throws a TypeError for what cannot be one, and quotes it nowhere. */
export function signingKeyOf(
  signature: SignatureOption | undefined,
  crypto: CryptoProvider,
): () => Promise<SigningKey | null> {
  if (signature === undefined) return () => Promise.resolve(null);
  const { keyId } = signature;
  // RFC 8941 §3.3.3, without what would have to be escaped.
  if (!/^[ !#-[\]-~]+$/.test(keyId)) throw new TypeError('signature.keyId is not one');
  if ('key' in signature) return () => Promise.resolve(signature);
  const { secret } = signature;
  if (!/^[\w-]+$/.test(secret)) throw new TypeError('signature.secret must be base64url');
  let imported: Promise<SigningKey> | null = null;
  return () => {
    imported ??= crypto
      .importSecret(bytesOfBase64(secret))
      .then((key) => ({ keyId, algorithm: 'hmac-sha256', key }));
    return imported;
  };
}

export const contentDigest = async (crypto: CryptoProvider, content: Bytes): Promise<string> =>
  `sha-256=:${base64(await crypto.sha256(content))}:`;

/** Adds `Content-Digest` (RFC 9530) where there is a body, and a signature with a fresh nonce (RFC 9421). */
export async function signRequest(
  crypto: CryptoProvider,
  { keyId, algorithm, key }: SigningKey,
  message: SignedMessage,
  body: Bytes | null,
  now: number,
): Promise<void> {
  const { headers } = message;
  if (body !== null) headers.set('content-digest', await contentDigest(crypto, body));
  const fields = ['content-digest', 'content-type', 'content-encoding', 'authorization'];
  const covered = ['@method', '@authority', '@path', '@query']
    .concat(fields.filter((name) => headers.has(name)))
    .map(component);
  const nonce = base64url(crypto.randomBytes(16));
  const created = String(Math.floor(now / 1000));
  const parameters = `(${covered.map(identifier).join(' ')});created=${created};nonce="${nonce}";keyid="${keyId}";alg="${algorithm}"`;
  const base = signatureBase(covered, parameters, message);
  if (base === null) throw new TypeError('a header cannot be signed: it is not ASCII');
  headers.set('signature-input', `${LABEL}=${parameters}`);
  const signature = await crypto.sign(algorithm, key, utf8(base));
  headers.set('signature', `${LABEL}=:${base64(signature)}:`);
}
