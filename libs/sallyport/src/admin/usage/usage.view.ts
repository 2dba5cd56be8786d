import { LATENCY_BOUNDS_MS } from '../../usage/latency.js';
import type { UsageTotal } from '../../usage/usage-query.js';
import type { UsageDimensions } from '../../usage/usage.js';

/** Columns of what rows are told apart by, in the order in which every export has them. */
export const DIMENSIONS: readonly (keyof UsageDimensions)[] = [
  'clientId',
  'apiKeyId',
  'userIssuer',
  'userSubject',
  'route',
  'method',
  'status',
  'refusal',
  'address',
  'country',
  'userAgent',
];

/** `le5` counts calls of up to 5 ms, `le10` those of more than 5 and up to 10, `slower` the rest. */
export const LATENCY_COLUMNS: readonly string[] = [
  ...LATENCY_BOUNDS_MS.map((bound) => `le${bound}`),
  'slower',
];

/** One line of usage as administrators see it. Of what it is grouped by null is none. */
export type UsageView = Readonly<Partial<Record<keyof UsageDimensions, string | number | null>>> & {
  readonly startsAt: string;
  readonly calls: number;
  readonly refused: number;
  readonly cost: number;
  readonly latencyMs: number;
  readonly latency: Readonly<Record<string, number>>;
};

export const latencyOf = ({ latency }: UsageTotal): Record<string, number> =>
  Object.fromEntries(LATENCY_COLUMNS.map((name, bucket) => [name, latency[bucket] ?? 0]));

export function viewOf(total: UsageTotal): UsageView {
  const { startsAt, group, calls, refused, cost } = total;
  return {
    startsAt: startsAt.toISOString(),
    ...Object.fromEntries(Object.entries(group).map(([name, value]) => [name, orNull(value)])),
    calls,
    refused,
    cost,
    latencyMs: rounded(total.latencyMs),
    latency: latencyOf(total),
  };
}

/** An empty text, and a status that was not kept. */
export const orNull = (value: string | number | undefined): string | number | null =>
  value === undefined || value === '' || value === 0 ? null : value;

/** Microseconds are as fine as it was measured. */
export const rounded = (milliseconds: number): number => Math.round(milliseconds * 1000) / 1000;
