import type { Limit } from '../counting/limit.js';
import type { Lease } from './lease.js';

/** Limits that one request spends together from what this instance holds: all of them or none. */
export class LeasedLimits {
  // What every request asks comes first: where thousands of callers take turns, it waits for each line of memory.
  /** What is held of each, in their order; null before its first use. Limits of one tracker share it. */
  readonly leases: (Lease | null)[];
  /** What a request takes of each; it is one under way whatever it costs. */
  readonly cost: number;
  /** Whether something is given back when the request ends. */
  readonly hasConcurrent: boolean;
  readonly leased: readonly Limit[];

  constructor(leased: readonly Limit[], cost = 1) {
    this.leases = leased.map(() => null);
    this.cost = cost;
    this.hasConcurrent = leased.some(({ kind }) => kind === 'concurrency');
    this.leased = leased;
  }
}
