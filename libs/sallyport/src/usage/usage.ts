/** What requests are told apart by. An empty text is none: no user acted, nothing was refused, no route was found. */
export interface UsageDimensions {
  readonly clientId: string;
  readonly apiKeyId: string;
  /** With `userSubject` the user. */
  readonly userIssuer: string;
  readonly userSubject: string;
  /** `Controller.handler`: never the URL, which is the sender's. */
  readonly route: string;
  readonly method: string;
  /** 499 when the caller went away before the answer began; 0 where it was folded. */
  readonly status: number;
  /** Our error code. */
  readonly refusal: string;
  readonly address: string;
  /** ISO 3166-1 alpha-2, by the app's own word. */
  readonly country: string;
  /** Product and version: `InvoicesApp/2.3.1`. */
  readonly userAgent: string;
}

/** In place of a value that was not kept, so that a flood of different ones stays bounded. */
export const OTHER = '(other)';

/** In place of a user whose rows were erased. */
export const ERASED = '(erased)';

/** What is summed up. */
export interface UsageMeasures {
  readonly calls: number;
  /** Calls that were answered with an error code of ours. */
  readonly refused: number;
  /** Weights of the requests (`@RateLimit({ cost })`), 1 each unless said otherwise. */
  readonly cost: number;
  readonly latencyMs: number;
  /** Requests by bucket of `LATENCY_BOUNDS_MS`, each counted in one. */
  readonly latency: readonly number[];
}

/** One request, when it is over. */
export interface UsageCall extends UsageDimensions {
  readonly cost: number;
  readonly latencyMs: number;
}

/** The requests of one minute that are alike. */
export interface UsageRow extends UsageDimensions, UsageMeasures {
  /** Start of the minute. */
  readonly startsAt: Date;
}

/** When a client was last let in, and how often since it was last written. */
export interface ClientUse {
  readonly clientId: string;
  readonly count: number;
  readonly lastUsedAt: Date;
}

export const GRANULARITIES = ['minute', 'hour', 'day'] as const;
export type Granularity = (typeof GRANULARITIES)[number];

const MILLISECONDS: Readonly<Record<Granularity, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/** Start of the minute, hour or day (UTC) that the instant is in. */
export function startOf(granularity: Granularity, instant: Date): Date {
  const length = MILLISECONDS[granularity];
  return new Date(Math.floor(instant.getTime() / length) * length);
}

/** The first start of a minute, hour or day (UTC) that is not before the instant. */
export function endOf(granularity: Granularity, instant: Date): Date {
  const length = MILLISECONDS[granularity];
  return new Date(Math.ceil(instant.getTime() / length) * length);
}

/** How many minutes, hours or days there are in between. */
export const countBetween = (granularity: Granularity, from: Date, to: Date): number =>
  Math.ceil((to.getTime() - from.getTime()) / MILLISECONDS[granularity]);

/** Same for rows that belong together, different for all others. */
export const rowKey = (row: UsageDimensions & { readonly startsAt: Date }): string =>
  JSON.stringify([
    row.startsAt.getTime(),
    row.clientId,
    row.apiKeyId,
    row.userIssuer,
    row.userSubject,
    row.route,
    row.method,
    row.status,
    row.refusal,
    row.address,
    row.country,
    row.userAgent,
  ]);

/** Adds up rows that have become alike. */
export function mergeRows(rows: readonly UsageRow[]): UsageRow[] {
  const merged = new Map<string, UsageRow>();
  for (const row of rows) {
    const key = rowKey(row);
    const known = merged.get(key);
    merged.set(key, known === undefined ? row : { ...known, ...sumOf(known, row) });
  }
  return [...merged.values()];
}

export const sumOf = (a: UsageMeasures, b: UsageMeasures): UsageMeasures => ({
  calls: a.calls + b.calls,
  refused: a.refused + b.refused,
  cost: a.cost + b.cost,
  latencyMs: a.latencyMs + b.latencyMs,
  latency: a.latency.map((count, bucket) => count + (b.latency[bucket] ?? 0)),
});
