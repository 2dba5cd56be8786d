import { Injectable } from '@nestjs/common';
import { addSeconds, Clock } from '../../clock.js';
import { RevocationList, type ListedRevocation } from '../../revocation/revocation.list.js';
import type { RevocationFollowing, RevocationNotice } from '../../revocation/revocation-notice.js';
import type { RevocationKey, RevocationMark } from '../../revocation/revocation.js';

interface Listed extends RevocationMark {
  readonly until: Date;
}

/** The blacklist of a single instance. A new process knows nothing and says so, until it was rebuilt. */
@Injectable()
export class MemoryRevocationList extends RevocationList {
  private readonly listed = new Map<RevocationKey, Listed>();
  private readonly followings = new Set<RevocationFollowing>();
  private isWhole = false;
  private sweepAtSize = 1000;

  constructor(private readonly clock: Clock) {
    super();
  }

  get size(): number {
    return this.listed.size;
  }

  check(keys: readonly RevocationKey[]): Promise<readonly (RevocationMark | null)[] | null> {
    return Promise.resolve(this.isWhole ? keys.map((key) => this.markOf(key)) : null);
  }

  publish(
    revocations: readonly ListedRevocation[],
    ttlSeconds: number,
    notices: readonly RevocationNotice[] = [],
  ): Promise<void> {
    const now = this.clock.now();
    for (const { key, epoch, revokedAt, ttlSeconds: own } of revocations) {
      const until = addSeconds(now, own ?? ttlSeconds);
      const known = this.listed.get(key);
      this.listed.set(key, {
        epoch: Math.max(epoch, known?.epoch ?? 0),
        revokedAt: later(revokedAt, known?.revokedAt ?? null),
        until: later(until, known?.until ?? null) ?? until,
      });
    }
    this.sweep();
    for (const following of this.followings) following.heard(notices);
    return Promise.resolve();
  }

  follow(following: RevocationFollowing): () => void {
    this.followings.add(following);
    following.missed();
    return () => this.followings.delete(following);
  }

  async rebuild(
    pages: () => AsyncIterable<readonly ListedRevocation[]>,
    ttlSeconds: number,
  ): Promise<void> {
    if (this.isWhole) return;
    for await (const page of pages()) await this.publish(page, ttlSeconds);
    this.isWhole = true;
  }

  private markOf(key: RevocationKey): RevocationMark | null {
    const listed = this.listed.get(key);
    if (listed === undefined || listed.until <= this.clock.now()) return null;
    return { epoch: listed.epoch, revokedAt: listed.revokedAt };
  }

  /** Drops what has run out whenever the list has doubled: no timer, and constant work per revocation. */
  private sweep(): void {
    if (this.listed.size < this.sweepAtSize) return;
    const now = this.clock.now();
    for (const [key, { until }] of this.listed) if (until <= now) this.listed.delete(key);
    this.sweepAtSize = Math.max(1000, this.listed.size * 2);
  }
}

const later = (a: Date | null, b: Date | null): Date | null => {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
};
