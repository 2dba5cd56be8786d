import type { LeaseGrant, LeaseRequest } from '../rate-limit.store.js';
import { batchSize } from './batch-size.js';
import type { Lease } from './lease.js';

/** Who grants: the store, or this process while the store is away. */
export interface LeaseSource {
  /** Milliseconds. */
  now(): number;
  lease(requests: readonly LeaseRequest[]): Promise<readonly LeaseGrant[]>;
}

export const LEASE_SECONDS = 10;

/** Asks for many leases at once: all that is asked for in one turn of the event loop shares one call. */
export class LeaseQueue {
  /** Whether nothing more is taken in advance. */
  isClosing = false;

  private queued = new Set<Lease>();
  private flushed: Promise<void> | null = null;

  constructor(
    private readonly source: LeaseSource,
    private readonly holder: string,
  ) {}

  /** Resolves when the store has spoken, to this or to an earlier question about the same lease. */
  ask(lease: Lease, need: number): Promise<void> {
    if (lease.isSent && lease.asking !== null) return lease.asking;
    lease.needed += need;
    this.queued.add(lease);
    lease.asking ??= this.flushSoon();
    return lease.asking;
  }

  /** Never rejects: what does not arrive ends with its lease. */
  async giveBack(lease: Lease, tokens: number): Promise<void> {
    if (tokens <= 0) return;
    lease.tokens -= tokens;
    lease.returning += tokens;
    this.queued.add(lease);
    await this.flushSoon().catch(() => undefined);
  }

  private flushSoon(): Promise<void> {
    this.flushed ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        this.flush().then(resolve, reject);
      });
    });
    return this.flushed;
  }

  private async flush(): Promise<void> {
    this.flushed = null;
    const asked = [...this.queued].filter((lease) => !lease.isSent);
    for (const lease of asked) this.queued.delete(lease);
    if (asked.length === 0) return;
    const now = this.source.now();
    const requests = asked.map((lease) => this.requestFor(lease, now));
    try {
      const grants = await this.source.lease(requests);
      for (const [n, lease] of asked.entries()) {
        const grant = grants[n];
        if (grant !== undefined) lease.renew(grant, requests[n]?.need ?? 0, now);
      }
    } finally {
      for (const lease of asked) {
        lease.isSent = false;
        lease.asking = null;
      }
      // What came up for a lease that was being asked for had to wait: two answers must not cross.
      if (this.queued.size > 0) this.flushSoon().catch(() => undefined);
    }
  }

  private requestFor(lease: Lease, now: number): LeaseRequest {
    const { limit, holder } = { limit: lease.limit, holder: this.holder };
    const want = this.isClosing ? 0 : batchSize(lease, now);
    // What ended unused counts as spent by now.
    if (!lease.isLive(now)) lease.tokens = 0;
    const { needed: need, returning: giveBack } = lease;
    lease.needed = 0;
    lease.returning = 0;
    lease.isSent = true;
    const held = lease.tokens + lease.inUse;
    const isWanted = lease.asking !== null;
    return {
      ...{ limit, holder, held, need, giveBack },
      want: isWanted ? Math.max(need, want - lease.tokens) : 0,
      lifeSeconds: LEASE_SECONDS,
    };
  }
}
