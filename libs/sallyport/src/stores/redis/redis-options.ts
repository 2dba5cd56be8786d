import type { Cluster, Redis } from 'ioredis';

export type RedisClient = Redis | Cluster;

/** A master with replicas, which Sentinels watch: after a failover the new master is found by itself. */
export interface RedisSentinelOptions {
  /**
   * The Sentinels: `redis://host:26379`, or `rediss://` for TLS, with a user and password where they ask for one. All
   * of them in the same way.
   */
  readonly sentinels: readonly string[];
  /** By which the Sentinels know the master. */
  readonly name: string;
  /** Of the servers that are watched. @default the user `default` */
  readonly username?: string;
  readonly password?: string;
  /** Whether the servers that are watched speak TLS. @default as the Sentinels do */
  readonly tls?: boolean;
  /** @default 0 */
  readonly database?: number;
}

/** Redis Cluster. Only masters are asked, also for what is only read. */
export interface RedisClusterOptions {
  /** Some of the nodes, with the same user, password and scheme: `rediss://user:password@host:6379`. The rest is found by them. */
  readonly cluster: readonly string[];
}

/** One server, Sentinel, Cluster, or a client that the host app made and closes. */
export type RedisOptions = {
  /** Begins every key. @default 'sallyport' */
  readonly keyPrefix?: string;
} & (
  | {
      /**
       * `redis://user:password@host:6379/0`, `redis+sentinel://user:password@host:26379,host:26379/name/0` or
       * `redis+cluster://user:password@host:6379,host:6379`; for TLS `rediss`, `rediss+sentinel`, `rediss+cluster`.
       */
      readonly url: string;
      readonly client?: never;
    }
  | { readonly client: RedisClient; readonly url?: never }
  | (RedisSentinelOptions & { readonly url?: never; readonly client?: never })
  | (RedisClusterOptions & { readonly url?: never; readonly client?: never })
);
