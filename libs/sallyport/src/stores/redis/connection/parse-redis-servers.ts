import type { RedisClusterOptions, RedisSentinelOptions } from '../redis-options.js';
import { parseRedisUrl, readRedisUrl } from './parse-redis-url.js';
import {
  invalidRedis,
  type RedisAccess,
  type RedisEndpoint,
  type RedisServers,
} from './redis-servers.js';

type Given = { readonly url: string } | RedisSentinelOptions | RedisClusterOptions;

/** Throws ERR_OPTIONS_INVALID, without a password in it, for what cannot be read. */
export function parseRedisServers(given: Given): RedisServers {
  if ('cluster' in given) return { kind: 'cluster', ...alike(given.cluster, 'cluster', 6379) };
  if ('sentinels' in given) return watched(given);
  return parseRedisUrl(given.url);
}

function watched(options: RedisSentinelOptions): RedisServers {
  const { endpoints, access } = alike(options.sentinels, 'sentinels', 26_379);
  const { name, username = null, password = null, tls = access.isTls, database = 0 } = options;
  if (typeof name !== 'string' || name === '') {
    throw invalidRedis('redis.name must be the name by which the Sentinels know the master');
  }
  if (!Number.isInteger(database) || database < 0) {
    throw invalidRedis('redis.database must be a whole number from 0');
  }
  return {
    kind: 'sentinel',
    endpoints,
    sentinelAccess: access,
    name,
    access: { username, password, isTls: tls },
    database,
  };
}

/** Several URLs that differ in host and port alone. */
function alike(
  urls: readonly string[],
  option: string,
  defaultPort: number,
): { readonly endpoints: readonly RedisEndpoint[]; readonly access: RedisAccess } {
  const read = urls.map((text) => readRedisUrl(text, defaultPort));
  const [first] = read;
  if (first === undefined) throw invalidRedis(`redis.${option} must name at least one URL`);
  const { access } = first;
  const isAlike = (other: RedisAccess): boolean =>
    other.username === access.username &&
    other.password === access.password &&
    other.isTls === access.isTls;
  if (!read.every((one) => isAlike(one.access))) {
    throw invalidRedis(`the URLs of redis.${option} must agree on scheme, user and password`);
  }
  if (read.some(({ path }) => path !== '' && path !== '/')) {
    throw invalidRedis(`the URLs of redis.${option} must end with host and port`);
  }
  return { endpoints: read.map(({ endpoint }) => endpoint), access };
}
