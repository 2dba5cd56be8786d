import { Injectable } from '@nestjs/common';
import { addSeconds, Clock } from '../../clock.js';
import { ReplayStore } from '../../ephemeral/replay.store.js';
import { wholeSeconds } from '../../ephemeral/whole-seconds.js';
import { memoryKey } from './memory-key.js';

/** Remembers in this process: right only while it is the only one. Nothing is forgotten before its time. */
@Injectable()
export class MemoryReplayStore extends ReplayStore {
  private readonly claimed = new Map<string, Date>();
  private sweepAtSize = 1000;

  constructor(private readonly clock: Clock) {
    super();
  }

  get size(): number {
    return this.claimed.size;
  }

  async claim(kind: string, id: string, ttlSeconds: number): Promise<boolean> {
    const now = this.clock.now();
    const until = addSeconds(now, wholeSeconds(ttlSeconds));
    const key = memoryKey(kind, id);
    const claimedUntil = this.claimed.get(key);
    if (claimedUntil !== undefined && claimedUntil > now) return false;
    this.claimed.set(key, until);
    this.sweep(now);
    return true;
  }

  /** Drops what has run out whenever the map has doubled: no timer, and constant work per claim. */
  private sweep(now: Date): void {
    if (this.claimed.size < this.sweepAtSize) return;
    for (const [key, until] of this.claimed) if (until <= now) this.claimed.delete(key);
    this.sweepAtSize = Math.max(1000, this.claimed.size * 2);
  }
}
