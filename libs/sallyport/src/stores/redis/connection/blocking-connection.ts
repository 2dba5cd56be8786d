import type { Redis } from 'ioredis';
import type { RedisClient } from '../redis-options.js';
import { COMMAND_TIMEOUT_MS, messageOf, redisUnavailable, withDeadline } from './deadline.js';
import { masterOf } from './master-of.js';

const CONNECT_TIMEOUT_MS = 1000;
const KEEP_ALIVE_MS = 5000;

/**
 * A connection of its own for commands that wait at the server (`XREAD BLOCK`), to the master that holds one key.
 * It connects when it is first used and again after any failure, to whoever is master then; it never repeats a
 * command, and how soon to try again is for the caller to say. One command at a time.
 */
export class BlockingRedisConnection {
  private client: Redis | null = null;
  private lives = 0;
  private isClosed = false;

  constructor(
    private readonly key: string,
    private readonly source: () => RedisClient,
  ) {}

  /** Changes with every connection that is made: what was learnt before may be another server's word. */
  get incarnation(): number {
    return this.lives;
  }

  /**
   * Runs a command that may wait so long at the server. An answer later than that by half a second is none: a black
   * hole shows within that time. Throws ERR_STORE_UNAVAILABLE for whatever goes wrong.
   */
  async run<T>(command: (client: Redis) => Promise<T>, waitMilliseconds: number): Promise<T> {
    try {
      const client = this.client ?? (await this.connect());
      return await withDeadline(command(client), waitMilliseconds + COMMAND_TIMEOUT_MS);
    } catch (error) {
      this.drop();
      throw redisUnavailable(messageOf(error));
    }
  }

  /** Ends it for good, at once; a command that waits fails. */
  close(): void {
    this.isClosed = true;
    this.drop();
  }

  private async connect(): Promise<Redis> {
    const master = await masterOf(this.source(), this.key);
    if (this.isClosed) throw new Error('closed');
    const client = duplicateForWaiting(master);
    this.client = client;
    this.lives++;
    await withDeadline(client.connect(), CONNECT_TIMEOUT_MS);
    return client;
  }

  private drop(): void {
    this.client?.disconnect();
    this.client = null;
  }
}

/** Without a timeout for commands, and without a second try: both are ours to decide. */
function duplicateForWaiting(master: Redis): Redis {
  const client = master.duplicate({
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAlive: KEEP_ALIVE_MS,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    enableReadyCheck: true,
    autoResendUnfulfilledCommands: false,
    readOnly: false,
    retryStrategy: () => null,
    sentinelRetryStrategy: () => null,
  });
  // Copied from the original; how long a command may take is said with the command.
  delete client.options.commandTimeout;
  // Without a listener an error event would end the process; `run` tells what went wrong.
  client.on('error', () => undefined);
  return client;
}
