import { Limit } from '../counting/limit.js';
import { stateOf } from '../counting/limit-state.js';
import { DemandSet } from '../demands/demand-set.js';
import type { InstanceCensus } from '../instance-census.js';
import type { RateLimitRule, RateLimitState } from '../rate-limit.js';
import type { RequestLimits, Spending } from '../request-limits.js';
import { BlockCounts } from './block-counts.js';

/** Blocks that went beyond what this instance gives out alone. When full, they are looked up anew. */
const MAX_SHARED = 20_000;

/**
 * A rate for address blocks over all instances. Half of it is dealt out to the instances, which spend their part
 * without asking anyone; so a flood from many addresses does not reach the store. Only blocks that go beyond that
 * lease from the other half. All parts together are the whole, so it is not exceeded. A lone instance has it all.
 */
export class BlockLimit {
  private readonly counts = new BlockCounts();
  private readonly shared = new Map<string, DemandSet>();
  private readonly exact = new Map<string, DemandSet>();
  private readonly whole: Limit;
  private instances = 0;
  private own: Limit;
  private rest: RateLimitRule | null = null;

  constructor(
    private readonly policy: string,
    rule: RateLimitRule,
    private readonly parts: { readonly limits: RequestLimits; readonly census: InstanceCensus },
  ) {
    this.whole = new Limit({ ...rule, policy, group: policy, tracker: '' });
    this.own = this.whole;
  }

  /** Null when it was counted; else how the block stands. Waits only for the store. */
  spend(block: string, now: number): RateLimitState | null | Promise<RateLimitState | null> {
    const { instances } = this.parts.census;
    if (instances !== this.instances) this.deal(instances);
    if (this.own.limit > 0 && this.counts.spend(block, this.own, now)) return null;
    if (this.rest === null) return this.stateOf(block, now);
    const set = this.sharedSet(block, this.rest);
    if (this.parts.limits.spendHeld(set, now)) return null;
    return this.parts.limits.spend(set).then(refusalOf);
  }

  /** The same, asked of the store on every request, with a count of its own: for routes where guessing pays. */
  async spendExactly(block: string): Promise<RateLimitState | null> {
    let set = this.exact.get(block);
    if (set === undefined) {
      const { policy, limit, windowSeconds, capacity: burst } = this.whole;
      const group = `${policy} ${block}`;
      const whole = { policy, group, tracker: 'exact', limit, windowSeconds, burst };
      set = new DemandSet([], [new Limit(whole)]);
      if (this.exact.size >= MAX_SHARED) this.exact.clear();
      this.exact.set(block, set);
    }
    return refusalOf(await this.parts.limits.spend(set));
  }

  /** How a block stands here that is refused: without asking anyone. */
  stateOf(block: string, now: number): RateLimitState {
    const { own, whole } = this;
    const level = own.limit === 0 ? 0 : this.counts.level(block, own, now);
    const state = stateOf(own.limit === 0 ? whole : own, {
      level,
      toPeriodEndMs: 0,
      allowed: false,
    });
    return { ...state, limit: whole.limit };
  }

  /** Milliseconds until one more would be counted, as far as this instance knows; 0 where one would be now. */
  waitMs(block: string, now: number): number {
    if (this.rest === null) return this.stateOf(block, now).retryAfterSeconds * 1000;
    const lease = this.shared.get(block)?.leases[0] ?? null;
    if (lease === null || lease.remainingAt(now) >= 1) return 0;
    return lease.stateAt(now, lease.limit, false).retryAfterSeconds * 1000;
  }

  private deal(instances: number): void {
    this.instances = instances;
    this.shared.clear();
    const { limit, capacity, windowSeconds, policy } = this.whole;
    if (instances <= 1 || limit === 0) {
      this.own = this.whole;
      this.rest = null;
      return;
    }
    const part = Math.floor(limit / (2 * instances));
    const burst = Math.floor(capacity / (2 * instances));
    // Where a part would be less than one request, all of it is leased.
    const isDealt = part > 0 && burst > 0;
    const own = isDealt ? { limit: part, burst } : { limit: 0, burst: 0 };
    this.own = new Limit({ ...own, windowSeconds, policy, group: policy, tracker: '' });
    this.rest = {
      limit: limit - own.limit * instances,
      burst: capacity - own.burst * instances,
      windowSeconds,
    };
  }

  private sharedSet(block: string, rule: RateLimitRule): DemandSet {
    const known = this.shared.get(block);
    if (known !== undefined) return known;
    const { policy } = this;
    const limit = new Limit({ ...rule, policy, group: `${policy} ${block}`, tracker: 'all' });
    const set = new DemandSet([limit], []);
    if (this.shared.size >= MAX_SHARED) this.shared.clear();
    this.shared.set(block, set);
    return set;
  }
}

const refusalOf = ({ isAllowed, states }: Spending): RateLimitState | null =>
  isAllowed ? null : (states[0] ?? null);
