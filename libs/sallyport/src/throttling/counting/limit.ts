import type { LimitDemand } from '../rate-limit.js';
import type { CalendarPeriod } from './calendar-period.js';

/** Holds for arithmetic with fractions: less than a hundredth of a request is no request. */
export const EPSILON = 0.01;

const compiled = new WeakMap<LimitDemand, Limit>();

/** A demand with all that follows from it worked out once, so that spending it builds and divides nothing. */
export class Limit {
  readonly kind: 'rate' | 'quota' | 'concurrency';
  readonly policy: string;
  readonly group: string;
  readonly tracker: string;
  readonly limit: number;
  readonly windowSeconds: number;
  readonly cost: number;
  readonly period: CalendarPeriod | null;
  /** Milliseconds in which one request comes back. */
  readonly intervalMs: number;
  /** Requests that may come at once. */
  readonly capacity: number;
  /** Milliseconds for which going over blocks; 0 for none. */
  readonly blockMs: number;
  /** Whether nobody is let through while the store is away. */
  readonly failsClosed: boolean;

  /** Written by the store on first use: the key under which it counts. @internal */
  storeKey: string | null = null;
  /** Likewise: how the store is told what it allows. @internal */
  storeArguments: readonly string[] | null = null;

  private ownName: string | null = null;
  private share: { readonly instances: number; readonly limit: Limit } | null = null;

  constructor(demand: LimitDemand) {
    const { policy, group, tracker, limit, cost = 1 } = demand;
    this.kind = demand.kind ?? 'rate';
    this.policy = policy;
    this.group = group;
    this.tracker = tracker;
    this.limit = limit;
    this.cost = cost;
    this.period = demand.kind === 'quota' ? demand.period : null;
    this.windowSeconds = windowSecondsOf(demand);
    this.intervalMs = (this.windowSeconds * 1000) / Math.max(1, limit);
    const isRate = demand.kind === undefined || demand.kind === 'rate';
    this.capacity = isRate && limit > 0 ? Math.max(1, demand.burst ?? limit) : limit;
    this.blockMs = isRate ? (demand.blockSeconds ?? 0) * 1000 : 0;
    this.failsClosed = isRate && demand.failMode === 'closed';
  }

  /** Of a demand that comes again and again it is made once. */
  static of(demand: LimitDemand | Limit): Limit {
    if (demand instanceof Limit) return demand;
    const known = compiled.get(demand);
    if (known !== undefined) return known;
    const limit = new Limit(demand);
    compiled.set(demand, limit);
    return limit;
  }

  /** Tells it from every other limit. Made once, and only where it is asked for. */
  get name(): string {
    this.ownName ??= JSON.stringify([this.group, this.policy, this.tracker]);
    return this.ownName;
  }

  /** The part of it that one of several instances may give out while it knows nothing of the others. */
  shareOf(instances: number): Limit {
    if (instances <= 1 || this.limit === 0) return this;
    if (this.share?.instances !== instances) {
      this.share = { instances, limit: this.divided(instances) };
    }
    return this.share.limit;
  }

  private divided(instances: number): Limit {
    const part = (whole: number): number => Math.max(1, Math.floor(whole / instances));
    const { policy, group, tracker, cost, windowSeconds } = this;
    const counted = { policy, group, tracker, cost, limit: part(this.limit) };
    if (this.kind === 'concurrency') return new Limit({ ...counted, kind: 'concurrency' });
    if (this.period !== null) return new Limit({ ...counted, kind: 'quota', period: this.period });
    const burst = part(this.capacity);
    return new Limit({ ...counted, windowSeconds, burst, blockSeconds: this.blockMs / 1000 });
  }
}

function windowSecondsOf(demand: LimitDemand): number {
  if (demand.kind === 'concurrency') return 0;
  return demand.kind === 'quota' ? demand.period.seconds : demand.windowSeconds;
}
