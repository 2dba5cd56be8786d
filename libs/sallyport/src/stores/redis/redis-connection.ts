import { hash } from 'node:crypto';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Redis } from 'ioredis';
import { SallyportError } from '../../errors.js';
import { isCluster, unfitness } from './redis-fitness.js';
import {
  isPlainOverNetwork,
  parseRedisUrl,
  type RedisClient,
  type RedisOptions,
} from './redis-options.js';

const START_WAIT_MS = 1500;
const COMMAND_TIMEOUT_MS = 500;
const LONGEST_RECONNECT_WAIT_MS = 1000;

/**
 * The one way to Redis. Nothing hangs: while disconnected every command fails at once, and an answer that does
 * not come within half a second counts as none. It reconnects for ever.
 */
@Injectable()
export class RedisConnection implements OnModuleInit, OnApplicationShutdown {
  /** Begins every key. */
  readonly prefix: string;

  private readonly logger = new Logger('Sallyport');
  private readonly client: RedisClient;
  private readonly isOwn: boolean;
  private isUsable = false;
  private unfit: string | null = null;
  private isClosing = false;
  private lastLogged: 'up' | 'down' | null = null;
  private lives = 0;
  private connections = 0;

  /** Throws ERR_OPTIONS_INVALID for a URL that is none. Connects in `open`. */
  constructor(options: RedisOptions) {
    this.prefix = options.keyPrefix ?? 'sallyport';
    if (!/^[\w:.-]+$/.test(this.prefix)) {
      throw new SallyportError('ERR_OPTIONS_INVALID', {
        reason: 'keyPrefix may hold letters, digits and _ : . - only',
      });
    }
    this.isOwn = options.client === undefined;
    this.client = options.client ?? this.ownClient(options.url);
    this.client.on('ready', () => void this.admit());
    this.client.on('close', () => {
      this.lose();
    });
    this.client.on('end', () => {
      this.lose();
    });
    // Without a listener an error event would end the process; what it says is told by `lose`.
    this.client.on('error', () => undefined);
    // A Cluster client stays ready while its nodes come and go.
    this.client.on('-node', () => this.lives++);
    this.client.on('+node', () => this.lives++);
  }

  /** Changes whenever the connection was lost or made: what was learnt before may be another server's word. */
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
    if (!this.isUsable) throw this.unavailable(this.unfit ?? 'not connected');
    try {
      return await (this.isOwn ? command(this.client) : withDeadline(command(this.client)));
    } catch (error) {
      const message = error instanceof Error ? error.message : 'unknown failure';
      // A connection that owes an answer may owe it for long: the next commands should fail at once.
      if (this.isOwn && message === 'Command timed out') this.client.disconnect(true);
      throw this.unavailable(message);
    }
  }

  /** For readiness: whether Redis answers now. */
  async ping(): Promise<boolean> {
    try {
      await this.run((client) => client.ping());
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
    if (this.isOwn) this.client.disconnect();
  }

  private ownClient(text: string): Redis {
    const url = parseRedisUrl(text);
    if (isPlainOverNetwork(url)) {
      this.logger.warn(`Redis at ${url.hostname} is reached without TLS: use rediss://`);
    }
    return new Redis(text, {
      lazyConnect: true,
      connectTimeout: 1000,
      // ioredis keeps this timer even for a socket that is closed already: the process would wait for it.
      disconnectTimeout: 200,
      commandTimeout: COMMAND_TIMEOUT_MS,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      // A script that was cut off may have run: sent again it would count twice.
      autoResendUnfulfilledCommands: false,
      enableAutoPipelining: false,
      retryStrategy: (attempt) =>
        Math.min(50 * 2 ** Math.min(attempt, 10), LONGEST_RECONNECT_WAIT_MS),
    });
  }

  /** A connection stands: used only after the server was found fit. */
  private async admit(): Promise<void> {
    const connection = ++this.connections;
    this.lives++;
    const isCurrent = (): boolean => connection === this.connections && !this.isClosing;
    try {
      const unfit = await withDeadline(unfitness(this.client));
      if (!isCurrent()) return;
      this.unfit = unfit;
      this.isUsable = unfit === null;
      if (unfit !== null) this.logger.error(unfit);
      else this.logUp();
    } catch {
      if (!isCurrent()) return;
      if (this.isOwn) this.client.disconnect(true);
      // A client of the host app is not ours to reconnect: ask again.
      else setTimeout(() => isCurrent() && void this.admit(), LONGEST_RECONNECT_WAIT_MS).unref();
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

  private unavailable(why: string): SallyportError {
    // Never the error itself: a reply error carries the command, and AUTH carries the password.
    return new SallyportError('ERR_STORE_UNAVAILABLE', {
      reason: `Redis: ${why}`,
      retryAfterSeconds: 1,
    });
  }
}

/** SHA-256, so that no identifier of a user or token shows in Redis; 128 bits of it, to keep keys short. */
export const hashedForKey = (text: string): string =>
  hash('sha256', text, 'base64url').slice(0, 22);

async function withDeadline<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('Command timed out'));
    }, COMMAND_TIMEOUT_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
