import { SallyportError } from '../../../errors.js';
import { isLoopback } from '../../../network/address.js';

export interface RedisEndpoint {
  readonly host: string;
  readonly port: number;
}

/** How somebody is let in. */
export interface RedisAccess {
  readonly username: string | null;
  readonly password: string | null;
  readonly isTls: boolean;
}

/** What to connect to, read and checked. */
export type RedisServers =
  | {
      readonly kind: 'single';
      readonly endpoints: readonly [RedisEndpoint];
      readonly access: RedisAccess;
      /** As it was given: it may hold settings of ioredis. */
      readonly url: string;
    }
  | {
      readonly kind: 'sentinel';
      /** Of the Sentinels. */
      readonly endpoints: readonly RedisEndpoint[];
      readonly sentinelAccess: RedisAccess;
      readonly name: string;
      readonly access: RedisAccess;
      readonly database: number;
    }
  | {
      readonly kind: 'cluster';
      readonly endpoints: readonly RedisEndpoint[];
      readonly access: RedisAccess;
    };

/** Settings hold passwords, so what is wrong with them is said without quoting them. */
export const invalidRedis = (reason: string): SallyportError =>
  new SallyportError('ERR_OPTIONS_INVALID', { reason });

/** What deserves a word at the start, for the log; names hosts alone. */
export function warningsAbout({ endpoints, access }: RedisServers): readonly string[] {
  const hosts = endpoints.map(({ host }) => host).filter((host) => !isThisMachine(host));
  if (hosts.length === 0) return [];
  const where = `Redis at ${hosts.join(', ')}`;
  const isDefaultUser = access.username === null || access.username === 'default';
  return [
    ...(access.isTls ? [] : [`${where} is reached without TLS: use rediss://`]),
    ...(access.password === null
      ? [`${where} lets in whoever reaches it: give it an ACL user with a password`]
      : []),
    ...(access.password !== null && isDefaultUser
      ? [`${where} is used as its default user, who may do anything: use an ACL user of our own`]
      : []),
  ];
}

const isThisMachine = (host: string): boolean =>
  host === 'localhost' || host === '' || isLoopback(host);
