import type { UsageBatch } from '../usage-batch.js';
import type { Counted } from '../counting/usage-meter.js';
import { LastUses } from '../counting/last-uses.js';
import { foldOldest } from '../fold-usage.js';
import { OTHER, type UsageRow } from '../usage.js';

/** Rows of one batch: small enough for one statement within its deadline. */
const ROWS_PER_BATCH = 500;

/** What was counted and not written yet. Bounded: while no store takes it, the oldest rows lose their detail. */
export class PendingUsage {
  private rows: UsageRow[] = [];
  private readonly apiKeys = new LastUses();
  private readonly clients = new LastUses();

  constructor(private readonly maxRows: number) {}

  get size(): number {
    return this.rows.length;
  }

  /** Calls that are folded here, of those that wait. */
  get folded(): number {
    return this.rows.reduce((sum, row) => sum + (row.address === OTHER ? row.calls : 0), 0);
  }

  add({ rows, apiKeyUses, clientUses }: Counted): void {
    for (const row of rows) this.rows.push(row);
    for (const { apiKeyId, count, lastUsedAt } of apiKeyUses) {
      this.apiKeys.add(apiKeyId, count, lastUsedAt.getTime());
    }
    for (const { clientId, count, lastUsedAt } of clientUses) {
      this.clients.add(clientId, count, lastUsedAt.getTime());
    }
    if (this.rows.length > this.maxRows) this.rows = foldOldest(this.rows, this.maxRows);
  }

  /** Hands over a batch, oldest rows first; null when nothing waits. */
  next(id: () => string): UsageBatch | null {
    if (this.rows.length + this.apiKeys.size + this.clients.size === 0) return null;
    return {
      id: id(),
      rows: this.rows.splice(0, ROWS_PER_BATCH),
      apiKeyUses: this.apiKeys
        .take(ROWS_PER_BATCH)
        .map(({ id: apiKeyId, ...use }) => ({ apiKeyId, ...use })),
      clientUses: this.clients
        .take(ROWS_PER_BATCH)
        .map(({ id: clientId, ...use }) => ({ clientId, ...use })),
    };
  }
}
