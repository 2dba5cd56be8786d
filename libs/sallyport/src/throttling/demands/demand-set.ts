import type { Limit } from '../counting/limit.js';
import { LeasedLimits } from '../leases/leased-limits.js';
import type { Quota } from '../quota.js';

export interface SetOf {
  /** What a request takes of each that is leased. @default 1 */
  readonly cost?: number;
  /** Where its subject keeps it. @default -1 nowhere */
  readonly at?: number;
  /** By which its client may send. @default null */
  readonly quota?: Quota | null;
}

/** All limits that one kind of request of one caller has to spend: prepared once, spent many times. */
export class DemandSet extends LeasedLimits {
  static readonly NONE = new DemandSet([], []);

  readonly at: number;
  readonly quota: Quota | null;
  /** Whether nothing of it is spent in the store. */
  readonly isLeased: boolean;
  readonly isEmpty: boolean;
  /** Spent in the store, all in one call. */
  readonly exact: readonly Limit[];
  /** In the order in which they are shown. */
  readonly all: readonly Limit[];
  /** `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10 §3): the same for every such request. */
  readonly policyHeader: string;

  constructor(
    leased: readonly Limit[],
    exact: readonly Limit[],
    { cost = 1, at = -1, quota = null }: SetOf = {},
  ) {
    super(leased, cost);
    this.at = at;
    this.quota = quota;
    this.exact = exact;
    this.all = [...leased, ...exact];
    this.isEmpty = this.all.length === 0;
    this.isLeased = exact.length === 0;
    this.policyHeader = this.all.map(policyItem).join(', ');
  }
}

function policyItem({ policy, limit, windowSeconds, kind }: Limit): string {
  // §3.1.3: the unit is requests, unless it says otherwise.
  if (kind === 'concurrency') return `"${policy}";q=${limit};qu="concurrent-requests"`;
  return `"${policy}";q=${limit};w=${Math.ceil(windowSeconds)}`;
}
