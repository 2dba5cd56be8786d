import { Injectable, Logger } from '@nestjs/common';
import { ApiKeyStore } from '../../api-keys/api-key.store.js';
import { Clock } from '../../clock.js';
import { Transactions } from '../../transactions/transaction.js';
import type { UsageBatch } from '../usage-batch.js';
import { UsageStore } from '../usage.store.js';
import { mergeRows } from '../usage.js';

/** Rows of one statement. */
const PER_STATEMENT = 500;

/** Writes batches where they stay, each once, however often and by however many it is tried. */
@Injectable()
export class WriteUsage {
  private readonly logger = new Logger('Usage');

  constructor(
    private readonly store: UsageStore,
    private readonly apiKeys: ApiKeyStore,
    private readonly transactions: Transactions,
    private readonly clock: Clock,
  ) {}

  /** All of them, or none. Throws whatever may pass: the store is away, or not set up yet; a batch that can never be written is left out. */
  async write(batches: readonly UsageBatch[]): Promise<void> {
    try {
      await this.writeAll(batches);
    } catch (error) {
      if (isOfTheStore(error)) throw error;
      const [only, ...others] = batches;
      if (only === undefined) return;
      if (others.length === 0) this.giveUp(only, error);
      else for (const batch of batches) await this.write([batch]);
    }
  }

  private async writeAll(batches: readonly UsageBatch[]): Promise<void> {
    await this.transactions.run(async (transaction) => {
      const ids = batches.map(({ id }) => id);
      const claimed = new Set(await this.store.claim(ids, this.clock.now(), transaction));
      const fresh = unique(batches).filter(({ id }) => claimed.has(id));
      for (const rows of inParts(mergeRows(fresh.flatMap((batch) => batch.rows)))) {
        await this.store.add(rows, transaction);
      }
      for (const uses of inParts(fresh.flatMap((batch) => batch.apiKeyUses))) {
        await this.apiKeys.recordUses(uses, transaction);
      }
      for (const uses of inParts(fresh.flatMap((batch) => batch.clientUses))) {
        await this.store.recordClientUses(uses, transaction);
      }
    });
  }

  private giveUp({ id, rows }: UsageBatch, error: unknown): void {
    const calls = rows.reduce((sum, row) => sum + row.calls, 0);
    this.logger.error(
      `batch ${id} of ${calls} calls cannot be written, and is dropped`,
      error instanceof Error ? error.stack : undefined,
    );
  }
}

/**
 * What passes whatever the batch holds: the store is away, or (by the classes of SQLSTATE) read-only, not set up, or not
 * ours to write. Anything else is the batch's own, and tried again would hold up all that come after it.
 */
const isOfTheStore = (error: unknown): boolean =>
  /^(ERR_STORE_UNAVAILABLE$|25|28|3D|3F|42)/.test(String((error as { code?: unknown }).code));

const unique = (batches: readonly UsageBatch[]): readonly UsageBatch[] => [
  ...new Map(batches.map((batch) => [batch.id, batch])).values(),
];

function* inParts<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += PER_STATEMENT) {
    yield items.slice(start, start + PER_STATEMENT);
  }
}
