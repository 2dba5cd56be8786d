import type { CryptoKey, CryptoProvider } from './crypto-provider.js';
import { base64, base64url, utf8 } from './encoding.js';
import { signJwt, type AsymmetricAlgorithm } from './jwt.js';

/** Where tokens come from, and how the client shows there who it is; neither secret nor key: a public client (RFC 6749 §2.1). */
export interface TokenClient {
  readonly tokenEndpoint: string;
  readonly clientId: string;
  /** `client_secret_basic`. Not for browsers: whoever reads the page would have it. */
  readonly clientSecret?: string;
  /** `private_key_jwt` (RFC 7523 §2.2). */
  readonly clientKey?: ClientKey;
}

/** A key whose public half is registered with the client. */
export interface ClientKey {
  /** `kid` in the registered `jwks`. */
  readonly kid: string;
  readonly algorithm: AsymmetricAlgorithm;
  readonly key: CryptoKey;
  /** The authorization server by its name: the one audience that its assertions are for. */
  readonly issuer: string;
}

interface TokenRequest {
  readonly headers: Headers;
  readonly body: URLSearchParams;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const LIFETIME_SECONDS = 60;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Adds to a token request what shows who the client is (RFC 6749 §2.3). */
export async function authenticate(
  crypto: CryptoProvider,
  { clientId, clientSecret, clientKey }: TokenClient,
  { headers, body, now }: TokenRequest,
): Promise<void> {
  if (clientSecret !== undefined) {
    const text = [clientId, clientSecret].map(formEncoded).join(':');
    headers.set('authorization', `Basic ${base64(utf8(text))}`);
    return;
  }
  body.set('client_id', clientId);
  if (clientKey === undefined) return;
  const { kid, issuer, ...key } = clientKey;
  const iat = Math.floor(now / 1000);
  const jti = base64url(crypto.randomBytes(16));
  // RFC 7523 §3.
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: issuer,
    jti,
    iat,
    exp: iat + LIFETIME_SECONDS,
  };
  body.set('client_assertion_type', ASSERTION_TYPE);
  body.set('client_assertion', await signJwt(crypto, key, { kid }, claims));
}

/** RFC 6749 appendix B. */
const formEncoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);
