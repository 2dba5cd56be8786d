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
  /** Seconds for which browsers may only use HTTPS (RFC 6797); 0 sends no header. @default 31536000 */
  readonly hstsSeconds?: number;
}

export interface ResolvedRequestOptions {
  readonly trustedProxies: readonly string[];
  readonly proxyHeader: 'x-forwarded' | 'forwarded';
  readonly hstsSeconds: number;
  /** Plain http is accepted from anywhere only in development. */
  readonly requiresHttps: boolean;
}

export const REQUEST_OPTIONS = Symbol('RequestOptions');

export function resolveRequestOptions(
  options: RequestOptions,
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
  return Object.freeze({
    trustedProxies: Object.freeze(proxies.filter(isRange)),
    proxyHeader,
    hstsSeconds,
    requiresHttps: !isDevelopment,
  });
}

const isRange = (range: unknown): range is string =>
  typeof range === 'string' && isAddressRange(range);
