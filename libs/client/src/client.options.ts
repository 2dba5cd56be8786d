import type { TokenOptions } from './access-tokens.js';
import type { EncryptionOptions } from './encrypted-bodies.js';
import type { Runtime } from './parts.js';
import type { SignatureOption, SigningKey } from './sign-request.js';

/** What a client carries: any of these together, if all are of one client. */
export interface ClientOptions extends Runtime {
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
}
