import type { TokenOptions } from './access-tokens.js';
import type { CryptoProvider } from './crypto-provider.js';
import type { EncryptionOptions } from './encrypted-bodies.js';
import type { SignatureOption, SigningKey } from './sign-request.js';
import type { Time } from './time.js';
import type { Fetch } from './transport.js';

/** What a client carries: any of these together, if all are of one client. */
export interface ClientOptions {
  /** The API, as its users name it: `https://api.example.com`; plain http on this machine only. Credentials are sent nowhere else. */
  readonly origin: string;
  /** Sent as `X-API-Key`. */
  readonly apiKey?: string;
  /** Signs every request. */
  readonly signature?: SignatureOption;
  readonly token?: TokenOptions;
  /** Demands that answers below 400 are signed; null from `keyOf`: an unknown key. Our own secret is known. */
  readonly signedResponses?: { keyOf(keyId: string): Promise<SigningKey | null> };
  /** Encrypts the bodies of all requests and demands it of answers: for the routes that do (`@EncryptedBody()`), a client of their own. */
  readonly encryptedBodies?: EncryptionOptions;
  /** How often a request is sent again that was told to come back later: by 429, and by 503 if it does nothing twice. @default 2 */
  readonly maxRetries?: number;
  /** The longest `Retry-After` that is waited for; told to wait longer, the caller gets the answer. @default 10 */
  readonly maxWaitSeconds?: number;
  /** @default globalThis.fetch */
  readonly fetch?: Fetch;
  /** @default Web Crypto */
  readonly crypto?: CryptoProvider;
  /** @default the system's */
  readonly time?: Time;
}
