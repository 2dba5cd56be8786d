import type { CryptoKey, CryptoProvider, EcPublicJwk } from './crypto-provider.js';
import { bytesOfBase64, utf8 } from './encoding.js';
import { agreedKey, type JweHeader } from './jwe.js';
import type { SignatureOption } from './sign-request.js';
import type { Time } from './time.js';
import type { Fetch } from './transport.js';

/** A public key as a server publishes it (RFC 7517 §4). */
export interface EncryptionJwk extends EcPublicJwk {
  readonly kid?: string | undefined;
  readonly use?: string | undefined;
  readonly alg?: string | undefined;
}

export interface KeyAgreement {
  /** The API's keys. @default its `/.well-known/jwks.json`, asked every five minutes */
  readonly jwks?: () => Promise<{ readonly keys: readonly EncryptionJwk[] }>;
  /** The key that was registered with `use: enc`, which answers are encrypted to: an ECDH pair on P-256. */
  readonly own?: { readonly kid: string; readonly privateKey: CryptoKey };
}

/** The keys that bodies are encrypted under. */
export interface BodyKeys {
  /** A key for one request, and what its header has to say. */
  toSeal(): Promise<{ readonly key: CryptoKey; readonly header: JweHeader }>;
  /** Null for a header that names none of ours. */
  toOpen(header: JweHeader): Promise<CryptoKey | null>;
}

/** Derived from the secret of an API key by HKDF (RFC 5869): one for requests, one for responses. Null without a secret. */
export function derivedKeys(
  crypto: CryptoProvider,
  signature: SignatureOption | undefined,
): BodyKeys | null {
  if (signature === undefined || !('secret' in signature)) return null;
  const { keyId, secret } = signature;
  const derive = (purpose: 'request' | 'response') =>
    crypto.deriveKey(bytesOfBase64(secret), utf8(`sallyport ${purpose} encryption v1 ${keyId}`));
  let [request, response]: (Promise<CryptoKey> | undefined)[] = [];
  return {
    async toSeal() {
      request ??= derive('request');
      return { key: await request, header: { alg: 'dir', enc: 'A256GCM', kid: keyId } };
    },
    async toOpen({ alg, kid }) {
      response ??= derive('response');
      return alg === 'dir' && kid === keyId ? response : null;
    },
  };
}

const JWKS_SECONDS = 300;

interface AgreementParts {
  readonly origin: string;
  readonly send: Fetch;
  readonly time: Time;
}

/** Agreed upon for each message by ECDH-ES (RFC 7518 §4.6). */
export function agreedKeys(
  crypto: CryptoProvider,
  { jwks, own }: KeyAgreement,
  { origin, send, time }: AgreementParts,
): BodyKeys {
  let known: { readonly key: EncryptionJwk; readonly until: number } | null = null;

  async function current(): Promise<EncryptionJwk> {
    if (known !== null && known.until > time.now()) return known.key;
    const { keys } = await (jwks ?? published)();
    const key = keys.find(({ use, kty, crv }) => use === 'enc' && kty === 'EC' && crv === 'P-256');
    if (key?.kid === undefined) throw new TypeError('the API publishes no key to encrypt to');
    known = { key, until: time.now() + JWKS_SECONDS * 1000 };
    return key;
  }

  async function published(): Promise<{ readonly keys: readonly EncryptionJwk[] }> {
    const response = await send(new URL('/.well-known/jwks.json', origin), {});
    return (await response.json()) as { readonly keys: readonly EncryptionJwk[] };
  }

  return {
    async toSeal() {
      const to = await current();
      const { publicKey, privateKey } = await crypto.generateAgreementKeys();
      const { kty, crv, x, y } = await crypto.exportPublicKey(publicKey);
      const header = {
        alg: 'ECDH-ES',
        enc: 'A256GCM',
        kid: to.kid ?? '',
        epk: { kty, crv, x, y },
      } as const;
      return { key: await agreedKey(crypto, privateKey, to), header };
    },
    async toOpen({ alg, kid, epk }) {
      if (alg !== 'ECDH-ES' || own?.kid !== kid || epk === undefined) return null;
      return agreedKey(crypto, own.privateKey, epk);
    },
  };
}
