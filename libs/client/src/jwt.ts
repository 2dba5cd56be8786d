import type { CryptoKey, CryptoProvider } from './crypto-provider.js';
import { base64url, utf8 } from './encoding.js';

/** What the algorithms of signatures are called in JOSE (RFC 7518 §3.1, RFC 8037 §3.1). */
const NAMES = { 'ecdsa-p256-sha256': 'ES256', ed25519: 'EdDSA' } as const;

export type AsymmetricAlgorithm = keyof typeof NAMES;

/** A compact JWT (RFC 7519 §3, RFC 7515 §3.1). */
export async function signJwt(
  crypto: CryptoProvider,
  { algorithm, key }: { readonly algorithm: AsymmetricAlgorithm; readonly key: CryptoKey },
  header: object,
  claims: object,
): Promise<string> {
  const parts = [{ alg: NAMES[algorithm], ...header }, claims];
  const signed = parts.map((part) => base64url(utf8(JSON.stringify(part)))).join('.');
  return `${signed}.${base64url(await crypto.sign(algorithm, key, utf8(signed)))}`;
}
