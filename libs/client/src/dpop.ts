import type { CryptoKeyPair, CryptoProvider } from './crypto-provider.js';
import { base64url, utf8 } from './encoding.js';
import { signJwt } from './jwt.js';

export interface ProofOf {
  readonly method: string;
  readonly url: URL;
  readonly accessToken: string | null;
  readonly nonce: string | null;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A proof of possession for one request (RFC 9449 §4.2), by an ES256 key pair. */
export async function dpopProof(
  crypto: CryptoProvider,
  { publicKey, privateKey }: CryptoKeyPair,
  { method, url, accessToken, nonce, now }: ProofOf,
): Promise<string> {
  const { kty, crv, x, y } = await crypto.exportPublicKey(publicKey);
  const ath = accessToken === null ? null : base64url(await crypto.sha256(utf8(accessToken)));
  const claims = {
    htm: method,
    htu: `${url.origin}${url.pathname}`,
    iat: Math.floor(now / 1000),
    jti: base64url(crypto.randomBytes(16)),
    ...(ath === null ? {} : { ath }),
    ...(nonce === null ? {} : { nonce }),
  };
  const key = { algorithm: 'ecdsa-p256-sha256', key: privateKey } as const;
  return signJwt(crypto, key, { typ: 'dpop+jwt', jwk: { kty, crv, x, y } }, claims);
}

/** Nonces that servers asked for (RFC 9449 §8, §9), the newest of each origin. */
export class DpopNonces {
  private readonly nonces = new Map<string, string>();

  of({ origin }: URL): string | null {
    return this.nonces.get(origin) ?? null;
  }

  /** Whether the response asks for the same request with the nonce that it brings. */
  async note({ origin }: URL, response: Response): Promise<boolean> {
    const nonce = response.headers.get('dpop-nonce');
    if (nonce === null) return false;
    this.nonces.set(origin, nonce);
    if (response.status === 401) {
      return /\buse_dpop_nonce\b/.test(response.headers.get('www-authenticate') ?? '');
    }
    return response.status === 400 && (await response.clone().text()).includes('"use_dpop_nonce"');
  }
}
