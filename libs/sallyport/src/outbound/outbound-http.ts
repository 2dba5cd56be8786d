import { lookup } from 'node:dns/promises';
import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { kindOfAddress } from './public-address.js';

export interface OutboundHttpSettings {
  /** Loopback and plain http to it, for tests and development. @default false */
  readonly allowLoopback?: boolean;
  /** Resolves a host name. @default the system's resolver */
  readonly lookup?: (hostname: string) => Promise<readonly LookupAddress[]>;
}

const TIMEOUT_MILLISECONDS = 2000;
const MAX_BYTES = 65_536;
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

/**
 * The only way out: https, to public addresses, checked after the lookup and then connected to (a second
 * lookup could answer differently), no redirects, 2 s and 64 kB in all. So that no URL from outside leads inside.
 */
export class OutboundHttp {
  constructor(private readonly settings: OutboundHttpSettings = {}) {}

  /** Whether plain http to loopback may be configured. */
  get allowsLoopback(): boolean {
    return this.settings.allowLoopback === true;
  }

  /** Throws when the answer is not 200 and JSON; the caller decides what that means. */
  async getJson(address: string): Promise<unknown> {
    const url = this.checkUrl(address);
    const deadline = AbortSignal.timeout(TIMEOUT_MILLISECONDS);
    const addresses = await before(deadline, this.resolve(url));
    const response = await before(deadline, send(url, addresses, deadline));
    try {
      return await before(deadline, readJson(response));
    } finally {
      response.destroy();
    }
  }

  private checkUrl(address: string): URL {
    const url = URL.parse(address);
    const isAllowed =
      url?.protocol === 'https:' || (url?.protocol === 'http:' && this.allowsLoopback);
    if (!isAllowed || url.username !== '' || url.password !== '') {
      throw new TypeError(`${url?.origin ?? 'This'} is no https URL without credentials`);
    }
    return url;
  }

  private async resolve(url: URL): Promise<readonly LookupAddress[]> {
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const family = isIP(host);
    const addresses =
      family === 0 ? await (this.settings.lookup ?? lookupAll)(host) : [{ address: host, family }];
    const isAllowed = ({ address }: LookupAddress): boolean => {
      const kind = kindOfAddress(address);
      if (kind === 'loopback') return this.allowsLoopback;
      return kind === 'public' && url.protocol === 'https:';
    };
    if (addresses.length === 0 || !addresses.every(isAllowed)) {
      throw new TypeError(`${host} does not lead to public addresses only`);
    }
    return addresses;
  }
}

const lookupAll = (hostname: string): Promise<readonly LookupAddress[]> =>
  lookup(hostname, { all: true });

function send(
  url: URL,
  addresses: readonly LookupAddress[],
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const options: RequestOptions = {
    agent: false,
    signal,
    headers: { accept: 'application/json', 'accept-encoding': 'identity' },
    lookup: (_hostname, { all }, callback) => {
      const [first] = addresses;
      if (all === true) callback(null, [...addresses]);
      else callback(null, first?.address ?? '', first?.family);
    },
  };
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestHttps : requestHttp;
    request(url, options, resolve).on('error', reject).end();
  });
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = response.headers;
  if (response.statusCode !== 200) {
    throw new TypeError(`the answer has status ${String(response.statusCode)}`);
  }
  if (Number(response.headers['content-length'] ?? 0) > MAX_BYTES) throw tooLong();
  if (!JSON_TYPE.test(type) || encoding !== 'identity')
    throw new TypeError('the answer is no JSON');

  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw tooLong();
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

const tooLong = () => new TypeError('the answer is too long');

/** A lookup cannot be called off, so that waiting for it must be. */
function before<Value>(deadline: AbortSignal, work: Promise<Value>): Promise<Value> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const expire = (): void => {
    reject(new TypeError('the answer took too long'));
  };
  deadline.addEventListener('abort', expire, { once: true });
  return Promise.race([work, timeout]).finally(() => {
    deadline.removeEventListener('abort', expire);
  });
}
