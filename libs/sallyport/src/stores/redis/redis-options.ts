import type { Cluster, Redis } from 'ioredis';
import { SallyportError } from '../../errors.js';
import { isLoopback } from '../../network/address.js';

export type RedisClient = Redis | Cluster;

/** Either a URL, or a client that the host app made and closes (Cluster, Sentinel, its own settings). */
export type RedisOptions = {
  /** Begins every key. @default 'sallyport' */
  readonly keyPrefix?: string;
} & (
  | {
      /** `redis://` or, for TLS, `rediss://`, with user, password and database number where needed. */
      readonly url: string;
      readonly client?: never;
    }
  | { readonly client: RedisClient; readonly url?: never }
);

/** Checks the URL. It holds the password, so what is wrong with it is said without quoting it. */
export function parseRedisUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !['redis:', 'rediss:'].includes(url.protocol)) {
    throw new SallyportError('ERR_OPTIONS_INVALID', {
      reason: 'the Redis URL must begin with redis:// or rediss://',
    });
  }
  return url;
}

/** Whether passwords and counts would cross a network in the clear. */
export const isPlainOverNetwork = ({ protocol, hostname }: URL): boolean =>
  protocol === 'redis:' &&
  hostname !== 'localhost' &&
  hostname !== '' &&
  !isLoopback(hostname.replace(/^\[|\]$/g, ''));
