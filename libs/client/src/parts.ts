import type { ClientOptions } from './client.options.js';
import type { CryptoProvider } from './crypto-provider.js';
import { DpopNonces } from './dpop.js';
import { Patience } from './patience.js';
import { ServerTime } from './server-time.js';
import { SystemTime, type Time } from './time.js';
import { withoutRedirects, type Fetch } from './transport.js';
import { WebCrypto } from './web-crypto.js';

export type Runtime = Pick<
  ClientOptions,
  'fetch' | 'crypto' | 'time' | 'maxRetries' | 'maxWaitSeconds'
>;

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
