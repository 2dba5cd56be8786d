import type { Limit } from './limit.js';

/** What an instance took in advance, and until when it may spend it. */
export interface Holding {
  readonly holder: string;
  readonly count: number;
  readonly endsAt: number;
}

/** What is remembered of one tracker. Milliseconds. */
export interface Count {
  /** Rates: the theoretical arrival time of GCRA, from which on nothing is owed. */
  arrivalAt: number;
  /** Quotas: spent in the period that ends at `periodEnd`. */
  spent: number;
  periodEnd: number;
  /** Nothing is let through before, because someone went over a limit that blocks. */
  blockedUntil: number;
  /** Ordered by their end. */
  holdings: readonly Holding[];
}

export const emptyCount = (): Count => ({
  arrivalAt: 0,
  spent: 0,
  periodEnd: 0,
  blockedUntil: 0,
  holdings: [],
});

/**
 * How much of a limit's capacity is taken at `now`, in requests. The rules, which every store keeps to:
 *
 * - Rates (GCRA): one number says when all that was spent will have come back. What instances hold in advance is
 *   taken for as long as they hold it, and does not come back meanwhile; so bucket and holdings together never
 *   hold more than `burst`, and in any time no more than burst + time × rate is let through, however it was held.
 * - A holding that was not given back when it ended counts as spent at its end.
 * - Quotas count up in their period and begin anew with the next.
 * - Of requests under way, only holdings count.
 */
export function levelOf(count: Count, limit: Limit, now: number): number {
  if (limit.kind === 'quota') return quotaLevel(count, limit, now);
  settleHoldings(count, limit, now);
  const held = heldIn(count);
  if (limit.kind === 'concurrency') return held;
  const owed = Math.max(0, (count.arrivalAt - now) / limit.intervalMs);
  // A limit that was narrowed locks nobody out for longer than a window.
  return Math.min(Math.max(owed, held), Math.max(limit.capacity, held));
}

export const heldIn = ({ holdings }: Count): number =>
  holdings.reduce((sum, holding) => sum + holding.count, 0);

/** Puts the level back after something was spent, taken or given back. */
export function setLevel(count: Count, limit: Limit, level: number, now: number): void {
  if (limit.kind === 'rate') count.arrivalAt = now + Math.max(0, level) * limit.intervalMs;
  if (limit.kind === 'quota') count.spent = Math.max(0, level);
}

/** From when on nothing of it matters any more. */
export function countEndsAt(count: Count, limit: Limit): number {
  if (limit.kind === 'quota') return count.periodEnd;
  const last = count.holdings.at(-1)?.endsAt ?? 0;
  return Math.max(count.arrivalAt, count.blockedUntil, last + heldIn(count) * limit.intervalMs);
}

function quotaLevel(count: Count, limit: Limit, now: number): number {
  const [, end] = limit.period?.boundsAt(now) ?? [0, now];
  if (count.periodEnd !== end) {
    count.periodEnd = end;
    count.spent = 0;
  }
  return count.spent;
}

function settleHoldings(count: Count, limit: Limit, now: number): void {
  let first = count.holdings[0];
  while (first !== undefined && first.endsAt <= now) {
    const taken = first.endsAt + heldIn(count) * limit.intervalMs;
    count.arrivalAt = Math.max(count.arrivalAt, taken);
    count.holdings = count.holdings.slice(1);
    first = count.holdings[0];
  }
}
