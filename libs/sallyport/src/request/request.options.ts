import { isAddressRange } from '../network/address.js';

export interface RequestOptions {
  /**
   * Proxies in front of the app, as addresses or CIDR ranges. Only what they say in forwarding headers is believed.
   * @default [] no proxy
   */
  readonly trustedProxies?: readonly string[];
  /**
   * Which header those proxies write: `X-Forwarded-For`/`-Proto`, or `Forwarded` (RFC 7239). The other one is
   * never read, since a proxy passes on what it does not know. @default 'x-forwarded'
   */
  readonly proxyHeader?: 'x-forwarded' | 'forwarded';
  /**
   * The origin under which callers find this API, `https://api.example.com`: what they prove and sign is compared with
   * it, never with `Host` or a forwarding header. @default that of `audience` if it is a URL, else that of `issuer`
   */
  readonly publicOrigin?: string;
  /**
   * The most bytes that a signed body may have, since all of it is kept until its digest is known; and one that is
   * encrypted, before that. @default 1048576
   */
  readonly maxSignedBodyBytes?: number;
  /** Seconds for which browsers may only use HTTPS (RFC 6797); 0 sends no header. @default 31536000 */
  readonly hstsSeconds?: number;
}

export interface ResolvedRequestOptions {
  readonly trustedProxies: readonly string[];
  readonly proxyHeader: 'x-forwarded' | 'forwarded';
  readonly publicOrigin: string;
  readonly maxSignedBodyBytes: number;
  readonly hstsSeconds: number;
  /** Plain http is accepted from anywhere only in development. */
  readonly requiresHttps: boolean;
}

export const REQUEST_OPTIONS = Symbol('RequestOptions');

/** What the other options say about where this API is. */
interface OwnNames {
  readonly issuer?: string;
  readonly audience?: string;
}

export function resolveRequestOptions(
  options: RequestOptions & OwnNames,
  isDevelopment: boolean,
  mistakes: string[],
): ResolvedRequestOptions {
  const { trustedProxies = [], proxyHeader = 'x-forwarded', hstsSeconds = 31_536_000 } = options;
  const proxies: readonly unknown[] = Array.isArray(trustedProxies) ? trustedProxies : [];
  if (proxies !== trustedProxies) mistakes.push('trustedProxies must be a list');
  for (const range of proxies.filter((range) => !isRange(range))) {
    mistakes.push(`trustedProxies: "${String(range)}" is neither an address nor a CIDR range`);
  }
  if (!['x-forwarded', 'forwarded'].includes(proxyHeader)) {
    mistakes.push('proxyHeader must be one of x-forwarded, forwarded');
  }
  if (!Number.isInteger(hstsSeconds) || hstsSeconds < 0) {
    mistakes.push('hstsSeconds must be a whole number, 0 or more');
  }
  const { publicOrigin = originOf(options.audience) ?? originOf(options.issuer) ?? '' } = options;
  // An issuer that is no URL is a mistake that is told already.
  if (options.publicOrigin !== undefined && !isPublicOrigin(options.publicOrigin, isDevelopment)) {
    mistakes.push('publicOrigin must be an https origin, without path or final slash');
  }
  const { maxSignedBodyBytes = 1_048_576 } = options;
  if (!Number.isSafeInteger(maxSignedBodyBytes) || maxSignedBodyBytes < 0) {
    mistakes.push('maxSignedBodyBytes must be a whole number, 0 or more');
  }
  return Object.freeze({
    trustedProxies: Object.freeze(proxies.filter(isRange)),
    proxyHeader,
    maxSignedBodyBytes,
    publicOrigin,
    hstsSeconds,
    requiresHttps: !isDevelopment,
  });
}

const isRange = (range: unknown): range is string =>
  typeof range === 'string' && isAddressRange(range);

const isPublicOrigin = (text: unknown, isDevelopment: boolean): boolean => {
  const url = URL.parse(String(text));
  const isAllowed = url?.protocol === 'https:' || (isDevelopment && url?.protocol === 'http:');
  return isAllowed && url.origin === text;
};

function originOf(name: unknown): string | null {
  const url = URL.parse(String(name));
  return url !== null && /^https?:$/.test(url.protocol) ? url.origin : null;
}
