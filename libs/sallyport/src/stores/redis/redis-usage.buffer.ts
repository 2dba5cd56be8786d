import { Injectable, Logger } from '@nestjs/common';
import { decodeBatch, encodeBatch, type UsageBatch } from '../../usage/usage-batch.js';
import { UsageBuffer } from '../../usage/usage.buffer.js';
import { RedisConnection } from './redis-connection.js';
import { peekScript, pushScript, releaseScript, removeScript } from './usage-buffer.scripts.js';

/** Beyond that instances keep what they count: Redis is no place for an outage of the durable store. */
const MAX_BATCHES = 500;
/** Longer than any outage that should be survived. */
const LIFE_SECONDS = 7 * 86_400;
/** After that another instance takes over from one that stopped asking. */
const HOLD_MS = 15_000;

/** A list of batches; both keys are in one slot of a Cluster. */
@Injectable()
export class RedisUsageBuffer extends UsageBuffer {
  private readonly logger = new Logger('Usage');
  private readonly batches: string;
  private readonly holder: string;

  constructor(private readonly connection: RedisConnection) {
    super();
    this.batches = `{${connection.prefix}:usage}:batches`;
    this.holder = `{${connection.prefix}:usage}:holder`;
  }

  async push(batch: UsageBatch): Promise<boolean> {
    const entry = `${batch.id} ${encodeBatch(batch)}`;
    const pushed = await this.connection.run((client) =>
      pushScript.run(client, [this.batches], [entry, MAX_BATCHES, LIFE_SECONDS]),
    );
    return pushed === 1;
  }

  async peek(holder: string, limit: number): Promise<readonly UsageBatch[]> {
    const entries = await this.connection.run((client) =>
      peekScript.run(client, [this.batches, this.holder], [holder, HOLD_MS, limit]),
    );
    return (entries as string[]).map((entry) => this.batchOf(entry));
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.connection.run((client) => removeScript.run(client, [this.batches], ids));
  }

  async release(holder: string): Promise<void> {
    await this.connection.run((client) => releaseScript.run(client, [this.holder], [holder]));
  }

  /** What cannot be read is an empty batch: it is removed like any other, and holds nothing up. */
  private batchOf(entry: string): UsageBatch {
    const [id = '', ...text] = entry.split(' ');
    const batch = decodeBatch(text.join(' '));
    if (batch !== null) return batch;
    this.logger.error('a batch of usage in Redis cannot be read, and is dropped');
    return { id, rows: [], apiKeyUses: [], clientUses: [] };
  }
}
