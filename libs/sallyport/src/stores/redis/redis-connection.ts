import { hash } from 'node:crypto';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Cluster } from 'ioredis';
import { SallyportError } from '../../errors.js';
import { BlockingRedisConnection } from './connection/blocking-connection.js';
import { ClusterMasters, dropSilentNodes, pingMasters } from './connection/cluster-nodes.js';
import { messageOf, redisUnavailable, TIMED_OUT, withDeadline } from './connection/deadline.js';
import { ownClient } from './connection/own-client.js';
import { parseRedisServers } from './connection/parse-redis-servers.js';
import { warningsAbout } from './connection/redis-servers.js';
import { isCluster, unfitness } from './redis-fitness.js';
import type { RedisClient, RedisOptions } from './redis-options.js';

const START_WAIT_MS = 1500;
const ASK_AGAIN_MS = 1000;
const JUDGE_AFTER_MS = 100;

/**
 * The one way to Redis: one server, the master behind Sentinels, or a Cluster. Nothing hangs: while disconnected every
 * command fails at once, and an answer that does not come within half a second counts as none. It reconnects for ever.
 */
@Injectable()
export class RedisConnection implements OnModuleInit, OnApplicationShutdown {
  /** Begins every key. */
  readonly prefix: string;

  private readonly logger = new Logger('Sallyport');
  private readonly client: RedisClient;
  private readonly isOwn: boolean;
  private readonly masters: ClusterMasters | null;
  private isUsable = false;
  private unfit: string | null = null;
  private isClosing = false;
  private lastLogged: 'up' | 'down' | null = null;
  private lives = 0;
  private connections = 0;
  private readonly blocking: BlockingRedisConnection[] = [];

  /** Throws ERR_OPTIONS_INVALID for a URL that is none. Connects in `open`. */
  constructor(options: RedisOptions) {
    this.prefix = options.keyPrefix ?? 'sallyport';
    if (!/^[\w:.-]+$/.test(this.prefix)) {
      throw new SallyportError('ERR_OPTIONS_INVALID', {
        reason: 'keyPrefix may hold letters, digits and _ : . - only',
      });
    }
    this.isOwn = options.client === undefined;
    this.client = options.client ?? this.connectTo(options);
    this.client.on('ready', () => void this.admit());
    this.client.on('close', () => {
      this.lose();
    });
    this.client.on('end', () => {
      this.lose();
    });
    // Without a listener an error event would end the process; what it says is told by `lose`.
    this.client.on('error', () => undefined);
    this.masters = isCluster(this.client) ? this.follow(this.client) : null;
  }

  /**
   * Changes whenever the connection was lost or made, and when a slot of a Cluster is found to have another master, no
   * later than the first answer of that one: what was learnt before may be another server's word.
   */
  get incarnation(): number {
    return this.lives;
  }

  get isCluster(): boolean {
    return isCluster(this.client);
  }

  onModuleInit(): Promise<void> {
    return this.open();
  }

  /**
   * Connects. Returns after at most 1.5 s even when Redis is away, and goes on trying.
   * Throws ERR_OPTIONS_INVALID when it may not be used as it is configured.
   */
  async open(): Promise<void> {
    if (this.client.status === 'ready') await this.admit();
    else {
      if (this.client.status === 'wait') this.client.connect().catch(() => undefined);
      await this.firstContact();
    }
    if (this.unfit !== null) {
      this.close();
      throw new SallyportError('ERR_OPTIONS_INVALID', { reason: this.unfit });
    }
    if (!this.isUsable) this.logDown();
  }

  /** Runs a command; whatever goes wrong is ERR_STORE_UNAVAILABLE. */
  async run<T>(command: (client: RedisClient) => Promise<T>): Promise<T> {
    if (!this.isUsable) throw redisUnavailable(this.unfit ?? 'not connected');
    try {
      if (this.keepsTime) return await command(this.client);
      const answer = await withDeadline(command(this.client));
      this.masters?.notice();
      return answer;
    } catch (error) {
      const message = messageOf(error);
      if (this.isOwn && message === TIMED_OUT) this.giveUpWaiting();
      throw redisUnavailable(message);
    }
  }

  /**
   * A connection of its own to the master of this key, for `XREAD BLOCK`: other commands do not wait behind it. Connects
   * when it is first used; ends with this connection, or before by its own `close`.
   */
  blockingFor(key: string): BlockingRedisConnection {
    const blocking = new BlockingRedisConnection(key, () => {
      if (this.unfit !== null || this.isClosing) throw new Error(this.unfit ?? 'closed');
      return this.client;
    });
    this.blocking.push(blocking);
    return blocking;
  }

  /** For readiness: whether Redis answers now; of a Cluster every master. */
  async ping(): Promise<boolean> {
    try {
      await this.run<unknown>((client) =>
        isCluster(client) ? pingMasters(client) : client.ping(),
      );
      return true;
    } catch {
      return false;
    }
  }

  onApplicationShutdown(): void {
    this.close();
  }

  /** Lets go of Redis at once. A client that the host app made stays open. */
  close(): void {
    this.isClosing = true;
    this.isUsable = false;
    for (const blocking of this.blocking.splice(0)) blocking.close();
    if (this.isOwn) this.client.disconnect();
  }

  private connectTo(options: Exclude<RedisOptions, { readonly client: RedisClient }>): RedisClient {
    const servers = parseRedisServers(options);
    for (const warning of warningsAbout(servers)) this.logger.warn(warning);
    return ownClient(servers);
  }

  /** A Cluster client stays ready while its nodes come and go. */
  private follow(cluster: Cluster): ClusterMasters {
    let judging: NodeJS.Timeout | undefined;
    return new ClusterMasters(cluster, () => {
      this.lives++;
      // Nodes come and go several at a time.
      clearTimeout(judging);
      judging = setTimeout(() => cluster.status === 'ready' && void this.admit(), JUDGE_AFTER_MS);
      judging.unref();
    });
  }

  /** Our own client of one server ends each command in time; one of a Cluster may send it on several times. */
  private get keepsTime(): boolean {
    return this.isOwn && !this.isCluster;
  }

  /** A connection that owes an answer may owe it for long: the next commands should fail at once. */
  private giveUpWaiting(): void {
    if (isCluster(this.client)) void dropSilentNodes(this.client);
    else this.client.disconnect(true);
  }

  /** A connection stands: used only after the server was found fit. */
  private async admit(): Promise<void> {
    const connection = ++this.connections;
    this.lives++;
    const isCurrent = (): boolean => connection === this.connections && !this.isClosing;
    try {
      const unfit = await unfitness(this.client);
      if (!isCurrent()) return;
      this.unfit = unfit;
      this.isUsable = unfit === null;
      if (unfit !== null) this.logger.error(unfit);
      else this.logUp();
    } catch {
      if (!isCurrent()) return;
      if (this.isOwn) this.client.disconnect(true);
      // A client of the host app is not ours to reconnect: ask again.
      else setTimeout(() => isCurrent() && void this.admit(), ASK_AGAIN_MS).unref();
    }
  }

  private lose(): void {
    this.connections++;
    this.lives++;
    this.isUsable = false;
    if (!this.isClosing) this.logDown();
  }

  /** Until the first connection was judged, failed, or took too long. */
  private async firstContact(): Promise<void> {
    const until = performance.now() + START_WAIT_MS;
    const isDecided = (): boolean =>
      this.isUsable || this.unfit !== null || this.lastLogged === 'down';
    while (!isDecided() && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  private logUp(): void {
    if (this.lastLogged === 'down') this.logger.log('Redis is back');
    this.lastLogged = 'up';
  }

  private logDown(): void {
    if (this.lastLogged !== 'down') this.logger.warn('Redis is out of reach: going on without it');
    this.lastLogged = 'down';
  }
}

/** SHA-256, so that no identifier of a user or token shows in Redis; 128 bits of it, to keep keys short. */
export const hashedForKey = (text: string): string =>
  hash('sha256', text, 'base64url').slice(0, 22);
