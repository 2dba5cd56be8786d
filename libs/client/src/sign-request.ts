import type { CryptoKey, CryptoProvider, SignatureAlgorithm } from './crypto-provider.js';
import { base64, base64url, utf8, type Bytes } from './encoding.js';
import { component, identifier, signatureBase, type SignedMessage } from './signature-base.js';

/** A key, what it is called and the one algorithm that it is for. */
export interface SigningKey {
  /** The id of an API key, or `<client_id>/<kid>`. */
  readonly keyId: string;
  readonly algorithm: SignatureAlgorithm;
  readonly key: CryptoKey;
}

export const LABEL = 'sig';

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
