import type { Limit } from '../counting/limit.js';
import { batchSize } from './batch-size.js';
import { LeaseQueue, type LeaseSource } from './lease-queue.js';
import { Lease } from './lease.js';
import type { LeasedLimits } from './leased-limits.js';

/** What ends within this time is renewed if it is in use, and else given back. */
const GIVE_BACK_MS = 2500;
const MAX_LEASES = 100_000;
/** A waiter whose tokens were snatched away asks again so often. */
const MAX_ATTEMPTS = 4;

/**
 * The tokens that this instance holds. Spends them synchronously; whoever finds none waits for a batch. Bounded: the
 * lease that was renewed longest ago makes room.
 */
export class Leases {
  private readonly leases = new Map<string, Lease>();
  private readonly queue: LeaseQueue;

  constructor(
    private readonly source: LeaseSource,
    holder: string,
    private readonly maxLeases = MAX_LEASES,
  ) {
    this.queue = new LeaseQueue(source, holder);
  }

  get size(): number {
    return this.leases.size;
  }

  /** Spends all of them, or none and answers false: then `acquire` must be asked. */
  spend({ leases, cost, hasConcurrent }: LeasedLimits, now: number): boolean {
    for (const lease of leases) {
      if (lease === null) return false;
      const taken = hasConcurrent ? takenOf(lease, cost) : cost;
      if (lease.tokens < taken || !lease.isLive(now)) return false;
    }
    for (const lease of leases) {
      if (lease === null) continue;
      if (hasConcurrent && lease.isConcurrency) {
        lease.tokens -= 1;
        lease.inUse += 1;
      } else lease.tokens -= cost;
      if (lease.isRunningOut(now) && lease.asking === null) this.refill(lease);
    }
    return true;
  }

  /** Waits until all of them are spent (null), or answers those that refuse. */
  async acquire(set: LeasedLimits): Promise<readonly Limit[] | null> {
    const { leased, leases, cost } = set;
    let now = this.source.now();
    for (const [at, limit] of leased.entries()) leases[at] ??= this.find(limit);
    for (let attempt = 1; !this.spend(set, now); attempt += 1) {
      const lacking = leased.filter((_, at) => lacks(leases[at], cost, now));
      const refusing = leased.filter(
        (_, at) => lacks(leases[at], cost, now) && (leases[at]?.refusedUntil ?? 0) > now,
      );
      if (refusing.length > 0) return refusing;
      if (attempt === MAX_ATTEMPTS) return lacking;
      await Promise.all(leased.map((limit, at) => this.askFor(set, limit, at, now)));
      now = this.source.now();
    }
    return null;
  }

  /** Undoes `spend`, when another limit of the request refused. */
  restore({ leases, cost }: LeasedLimits): void {
    const now = this.source.now();
    for (const lease of leases) {
      if (lease === null) continue;
      if (lease.isConcurrency) this.release(lease);
      else if (lease.isLive(now)) lease.tokens += cost;
    }
  }

  /** A request that was under way has ended. Permits beyond the few that may lie idle go back at once. */
  release(lease: Lease): void {
    lease.inUse -= 1;
    lease.tokens += 1;
    const idle = this.queue.isClosing ? lease.tokens : lease.tokens - batchSize(lease, 0);
    void this.queue.giveBack(lease, idle);
  }

  /** Renews what is in use, and gives back what is about to end unused. To be called about once a second. */
  async sweep(): Promise<void> {
    const now = this.source.now();
    const calls: Promise<void>[] = [];
    for (const [key, lease] of this.leases) {
      if (lease.asking !== null) continue;
      if (lease.isLive(now) && lease.leftAt(now) > GIVE_BACK_MS) continue;
      if (lease.inUse > 0) {
        this.keep(key, lease);
        calls.push(this.queue.ask(lease, 0));
      } else calls.push(this.drop(key, lease, now));
    }
    await Promise.allSettled(calls);
  }

  /** Gives everything back. What is asked for after that is no more than what is needed. */
  async close(): Promise<void> {
    this.queue.isClosing = true;
    const now = this.source.now();
    await Promise.all([...this.leases].map(([key, lease]) => this.drop(key, lease, now)));
  }

  private async askFor(set: LeasedLimits, limit: Limit, at: number, now: number): Promise<void> {
    const { leases, cost } = set;
    if (!lacks(leases[at], cost, now)) return;
    const lease = this.leaseOf(limit);
    leases[at] = lease;
    await this.queue.ask(lease, takenOf(lease, cost));
  }

  private leaseOf(limit: Limit): Lease {
    const lease = this.find(limit) ?? new Lease(limit);
    this.keep(limit.name, lease);
    return lease;
  }

  private find(limit: Limit): Lease | null {
    const known = this.leases.get(limit.name);
    if (known === undefined) return null;
    const { capacity, intervalMs } = known.limit;
    if (capacity === limit.capacity && intervalMs === limit.intervalMs) return known;
    // What is under way stays so.
    if (limit.kind === 'concurrency') return Object.assign(known, { limit });
    // Of a limit that was changed meanwhile, nothing is spent by the old rule.
    void this.drop(limit.name, known, this.source.now());
    return null;
  }

  /** Fetches the next batch while there is something left to spend. */
  private refill(lease: Lease): void {
    this.keep(lease.limit.name, lease);
    // Nobody waits for it: whoever runs dry asks again, and hears of the failure.
    this.queue.ask(lease, 0).catch(() => undefined);
  }

  private keep(key: string, lease: Lease): void {
    this.leases.delete(key);
    this.leases.set(key, lease);
    if (this.leases.size <= this.maxLeases) return;
    for (const [name, oldest] of this.leases) {
      // What is under way would be forgotten with it.
      if (oldest.inUse > 0 || oldest.asking !== null) continue;
      void this.drop(name, oldest, this.source.now());
      return;
    }
  }

  private async drop(key: string, lease: Lease, now: number): Promise<void> {
    this.leases.delete(key);
    const unused = lease.isLive(now) ? lease.tokens : 0;
    const given = this.queue.giveBack(lease, unused);
    lease.end();
    await given;
  }
}

/** Requests under way are counted, whatever they cost. */
const takenOf = (lease: Lease, cost: number): number => (lease.isConcurrency ? 1 : cost);

const lacks = (lease: Lease | null | undefined, cost: number, now: number): boolean =>
  !lease || lease.tokens < takenOf(lease, cost) || !lease.isLive(now);
