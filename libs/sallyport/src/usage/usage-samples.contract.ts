import { LATENCY_BUCKETS } from './latency.js';
import type { UsageBatch } from './usage-batch.js';
import type { UsageQuery } from './usage-query.js';
import type { UsageRow } from './usage.js';

/** A row of one call that took 7 ms, in the minute of the instant. */
export const sampleRow = (startsAt: string, changes: Partial<UsageRow> = {}): UsageRow => ({
  startsAt: new Date(startsAt),
  clientId: 'shop',
  apiKeyId: 'k1',
  userIssuer: '',
  userSubject: '',
  route: 'InvoicesController.list',
  method: 'GET',
  status: 200,
  refusal: '',
  address: '192.0.2.7',
  country: 'DE',
  userAgent: 'InvoicesApp/2.3.1',
  calls: 1,
  refused: 0,
  cost: 1,
  latencyMs: 7.25,
  latency: Array.from({ length: LATENCY_BUCKETS }, (_, bucket) => (bucket === 1 ? 1 : 0)),
  ...changes,
});

export const sampleBatch = (
  number: number,
  rows: readonly UsageRow[] = [sampleRow('2030-01-01T10:00:00Z')],
): UsageBatch => ({
  id: `0190a1b2-0000-7000-8000-${String(number).padStart(12, '0')}`,
  rows,
  apiKeyUses: [{ apiKeyId: 'k1', count: 2, lastUsedAt: new Date('2030-01-01T10:00:30.123Z') }],
  clientUses: [{ clientId: 'shop', count: 3, lastUsedAt: new Date('2030-01-01T10:00:31.456Z') }],
});

/** All of 2030 by day, in one page. */
export const sampleQuery = (changes: Partial<UsageQuery> = {}): UsageQuery => ({
  granularity: 'day',
  from: new Date('2030-01-01T00:00:00Z'),
  to: new Date('2031-01-01T00:00:00Z'),
  groupBy: [],
  filter: {},
  limit: 1000,
  ...changes,
});
