import type { CryptoProvider } from './crypto-provider.js';
import { DpopNonces } from './dpop.js';
import { Patience } from './patience.js';
import { ServerTime } from './server-time.js';
import { SystemTime, type Time } from './time.js';
import { withoutRedirects, type Fetch } from './transport.js';
import { WebCrypto } from './web-crypto.js';

/** What a client runs on, and how patient it is. */
export interface Runtime {
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

/** What all requests of one client share. */
export interface Parts {
  readonly send: Fetch;
  readonly crypto: CryptoProvider;
  readonly time: Time;
  readonly serverTime: ServerTime;
  readonly nonces: DpopNonces;
  readonly patience: Patience;
}

/** All that knows a default of these. */
export function partsOf({
  fetch = (url, init) => globalThis.fetch(url, init),
  crypto = new WebCrypto(),
  time = new SystemTime(),
  maxRetries = 2,
  maxWaitSeconds = 10,
}: Runtime): Parts {
  return {
    send: withoutRedirects(fetch),
    crypto,
    time,
    serverTime: new ServerTime(time),
    nonces: new DpopNonces(),
    patience: new Patience(maxRetries, maxWaitSeconds, time),
  };
}
