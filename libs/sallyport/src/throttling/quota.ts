import type { RateLimitRule } from './rate-limit.js';

export interface QuotaOptions {
  /** GET, HEAD and OPTIONS (RFC 9110 §9.2.1). @default as above; of a plan as in `client` */
  readonly reads?: RateLimitRule;
  /** All other methods. @default as above; of a plan as in `client` */
  readonly writes?: RateLimitRule;
  /** Requests of any kind in a day of the calendar; null is no such limit. @default null; of a plan as in `client` */
  readonly perDay?: number | null;
  /** Requests of any kind in a month of the calendar; null is no such limit. @default null; of a plan as in `client` */
  readonly perMonth?: number | null;
  /** Requests under way at once, over all instances; null is no such limit. @default null; of a plan as in `client` */
  readonly concurrency?: number | null;
}

/** What one subject may send, complete. */
export interface Quota {
  readonly reads: RateLimitRule;
  readonly writes: RateLimitRule;
  readonly perDay: number | null;
  readonly perMonth: number | null;
  readonly concurrency: number | null;
}

const MAX_LIMIT = 10_000_000;
const MAX_PERIOD_LIMIT = 1_000_000_000;
const MAX_WINDOW_SECONDS = 86_400;

/** What is not given is as in `otherwise`; mistakes are added to `mistakes`, each by the name of its option. */
export function resolveQuota(
  name: string,
  { given, otherwise }: { readonly given: QuotaOptions; readonly otherwise: Quota },
  mistakes: string[],
): Quota {
  const count = (field: 'perDay' | 'perMonth' | 'concurrency'): number | null => {
    const value = given[field] === undefined ? otherwise[field] : given[field];
    if (value !== null) checkWhole(`${name}.${field}`, value, MAX_PERIOD_LIMIT, mistakes);
    return value;
  };
  return Object.freeze({
    reads: resolveRule(`${name}.reads`, given.reads ?? otherwise.reads, mistakes),
    writes: resolveRule(`${name}.writes`, given.writes ?? otherwise.writes, mistakes),
    perDay: count('perDay'),
    perMonth: count('perMonth'),
    concurrency: count('concurrency'),
  });
}

export function resolveRule(name: string, given: RateLimitRule, mistakes: string[]): RateLimitRule {
  const { limit, windowSeconds, burst } = given;
  checkWhole(`${name}.limit`, limit, MAX_LIMIT, mistakes);
  if (burst !== undefined) checkWhole(`${name}.burst`, burst, MAX_LIMIT, mistakes, 1);
  if (!(windowSeconds > 0 && windowSeconds <= MAX_WINDOW_SECONDS)) {
    mistakes.push(`${name}.windowSeconds must be above 0 and at most ${MAX_WINDOW_SECONDS}`);
  }
  return Object.freeze({ limit, windowSeconds, ...(burst !== undefined && { burst }) });
}

export function checkWhole(
  name: string,
  value: number,
  most: number,
  mistakes: string[],
  least = 0,
): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    mistakes.push(`${name} must be a whole number from ${least} to ${most}`);
  }
}
