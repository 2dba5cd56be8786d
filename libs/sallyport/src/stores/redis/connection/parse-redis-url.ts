import {
  invalidRedis,
  type RedisAccess,
  type RedisEndpoint,
  type RedisServers,
} from './redis-servers.js';

const FORMS =
  'the Redis URL must begin with redis:// or rediss://, or with redis+sentinel://, rediss+sentinel://, ' +
  'redis+cluster:// or rediss+cluster://';

const MANY = /^(rediss?)\+(sentinel|cluster):\/\/(?:([^@/?#]*)@)?([^@/?#]+)([^?#]*)(?:\?([^#]*))?$/;
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])$/i;

/** One server, or several between commas behind one scheme, user and password. Throws ERR_OPTIONS_INVALID. */
export function parseRedisUrl(text: string): RedisServers {
  const [, scheme, form, user = '', hosts = '', path = '', query = ''] = MANY.exec(text) ?? [];
  if (scheme === undefined) {
    const { endpoint, access } = readRedisUrl(text, 6379);
    return { kind: 'single', endpoints: [endpoint], access, url: text };
  }
  const defaultPort = form === 'sentinel' ? 26_379 : 6379;
  const prefix = `${scheme}://${user === '' ? '' : `${user}@`}`;
  const names = hosts.split(',');
  if (names.includes('')) throw invalidRedis('a host of the Redis URL is empty');
  const read = names.map((host) => readRedisUrl(`${prefix}${host}`, defaultPort));
  const endpoints = read.map(({ endpoint }) => endpoint);
  const access = read[0]?.access ?? { username: null, password: null, isTls: false };
  if (form === 'sentinel') return watched({ endpoints, access }, path, query);
  if (path !== '' && path !== '/') throw invalidRedis('a Redis Cluster has no database numbers');
  if (query !== '') throw invalidRedis('the URL of a Redis Cluster takes no settings');
  return { kind: 'cluster', endpoints, access };
}

/** Of one server. */
export function readRedisUrl(
  text: string,
  defaultPort: number,
): { readonly endpoint: RedisEndpoint; readonly access: RedisAccess; readonly path: string } {
  const url = URL.parse(text);
  if (url === null || !['redis:', 'rediss:'].includes(url.protocol)) throw invalidRedis(FORMS);
  if (url.hostname !== '' && !HOST.test(url.hostname))
    throw invalidRedis('a Redis host is no name');
  return {
    endpoint: {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? defaultPort : Number(url.port),
    },
    access: {
      username: decoded(url.username),
      password: decoded(url.password),
      isTls: url.protocol === 'rediss:',
    },
    path: url.pathname,
  };
}

/** `/name` or `/name/database`, and how the Sentinels themselves let one in. */
function watched(
  { endpoints, access }: { endpoints: readonly RedisEndpoint[]; access: RedisAccess },
  path: string,
  query: string,
): RedisServers {
  const [, name, database = '0'] = /^\/([^/]+)(?:\/(\d{1,4}))?\/?$/.exec(path) ?? [];
  if (name === undefined) {
    throw invalidRedis('redis+sentinel:// must end with /name or /name/database of the master');
  }
  const {
    sentinel_username = null,
    sentinel_password = null,
    ...others
  } = Object.fromEntries(new URLSearchParams(query));
  if (Object.keys(others).length > 0) {
    throw invalidRedis('redis+sentinel:// takes sentinel_username and sentinel_password alone');
  }
  return {
    kind: 'sentinel',
    endpoints,
    sentinelAccess: {
      username: sentinel_username,
      password: sentinel_password,
      isTls: access.isTls,
    },
    name: decoded(name) ?? '',
    access,
    database: Number(database),
  };
}

function decoded(text: string): string | null {
  try {
    return text === '' ? null : decodeURIComponent(text);
  } catch {
    throw invalidRedis('a part of the Redis URL is not percent-encoded as it should be');
  }
}
