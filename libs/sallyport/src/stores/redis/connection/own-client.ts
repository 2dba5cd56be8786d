import { Cluster, Redis } from 'ioredis';
import type { RedisClient } from '../redis-options.js';
import { COMMAND_TIMEOUT_MS } from './deadline.js';
import type { RedisAccess, RedisServers } from './redis-servers.js';

const LONGEST_RECONNECT_WAIT_MS = 1000;
const CONNECT_TIMEOUT_MS = 1000;
/** A Cluster says by itself that a slot moved; this finds what nobody asked for yet. */
const LOOK_AT_SLOTS_EVERY_MS = 2000;

const reconnectWait = (attempt: number): number =>
  Math.min(50 * 2 ** Math.min(attempt, 10), LONGEST_RECONNECT_WAIT_MS);

/** Holds for every socket: to one server, to a master behind Sentinels, and to each node of a Cluster. */
const settings = {
  connectTimeout: CONNECT_TIMEOUT_MS,
  // ioredis keeps this timer even for a socket that is closed already: the process would wait for it.
  disconnectTimeout: 200,
  commandTimeout: COMMAND_TIMEOUT_MS,
  maxRetriesPerRequest: 0,
  // A script that was cut off may have run: sent again it would count twice.
  autoResendUnfulfilledCommands: false,
  enableAutoPipelining: false,
  // Two commands for each connection, which Redis 7.0 does not know.
  disableClientInfo: true,
} as const;

const patient = {
  lazyConnect: true,
  enableOfflineQueue: false,
  retryStrategy: reconnectWait,
} as const;

/** A client that connects when it is told to and then again for ever. */
export function ownClient(servers: RedisServers): RedisClient {
  switch (servers.kind) {
    case 'single':
      return new Redis(servers.url, { ...settings, ...patient });
    case 'sentinel':
      return watchedClient(servers);
    case 'cluster':
      return clusterClient(servers);
  }
}

function watchedClient(servers: Extract<RedisServers, { kind: 'sentinel' }>): Redis {
  const { endpoints, sentinelAccess, access, name, database } = servers;
  return new Redis({
    ...settings,
    ...patient,
    ...credentials(access),
    sentinels: endpoints.map((endpoint) => ({ ...endpoint })),
    name,
    role: 'master',
    db: database,
    enableTLSForSentinelMode: access.isTls,
    ...(sentinelAccess.username !== null && { sentinelUsername: sentinelAccess.username }),
    ...(sentinelAccess.password !== null && { sentinelPassword: sentinelAccess.password }),
    ...(sentinelAccess.isTls && { sentinelTLS: {} }),
    sentinelCommandTimeout: COMMAND_TIMEOUT_MS,
    sentinelRetryStrategy: reconnectWait,
    // An old master that only lost its Sentinels would go on answering.
    failoverDetector: true,
  });
}

function clusterClient({ endpoints, access }: Extract<RedisServers, { kind: 'cluster' }>): Cluster {
  const cluster = new Cluster(
    endpoints.map((endpoint) => ({ ...endpoint })),
    {
      lazyConnect: true,
      enableOfflineQueue: false,
      clusterRetryStrategy: reconnectWait,
      scaleReads: 'master',
      // Both would send a command again that may have run, or wait for longer than a command may take.
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
      slotsRefreshInterval: LOOK_AT_SLOTS_EVERY_MS,
      enableAutoPipelining: false,
      // A certificate names hosts, not addresses.
      dnsLookup: (host, found) => {
        found(null, host);
      },
      redisOptions: { ...settings, ...credentials(access) },
    },
  );
  // Asked for nothing until it is master; but then at once, where a connection that is still being made refuses.
  cluster.on('+node', (node: Redis) => {
    if (node.options.readOnly === true) node.connect().catch(() => undefined);
  });
  return cluster;
}

const credentials = ({ username, password, isTls }: RedisAccess) => ({
  ...(username !== null && { username }),
  ...(password !== null && { password }),
  ...(isTls && { tls: {} }),
});
