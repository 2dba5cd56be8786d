import type { ApiKeyUse } from '../api-keys/api-key.js';
import type { ClientUse, UsageRow } from './usage.js';

/** What is written in one go. Its id makes sure that it counts once, however often it is sent. */
export interface UsageBatch {
  /** UUIDv7. */
  readonly id: string;
  readonly rows: readonly UsageRow[];
  readonly apiKeyUses: readonly ApiKeyUse[];
  readonly clientUses: readonly ClientUse[];
}

/** As text, for a buffer that keeps texts. */
export const encodeBatch = (batch: UsageBatch): string => JSON.stringify(batch);

/** Null for a text that `encodeBatch` did not write. */
export function decodeBatch(text: string): UsageBatch | null {
  try {
    const batch = JSON.parse(text, revive) as Partial<UsageBatch> | null;
    if (typeof batch?.id !== 'string') return null;
    const lists = [batch.rows, batch.apiKeyUses, batch.clientUses];
    return lists.every(Array.isArray) ? (batch as UsageBatch) : null;
  } catch {
    return null;
  }
}

const revive = (name: string, value: unknown): unknown =>
  (name === 'startsAt' || name === 'lastUsedAt') && typeof value === 'string'
    ? new Date(value)
    : value;
