const BUCKETS = 0x1_0000;

/**
 * Counts changes, by hash: whoever remembers something remembers the count too, and finds that it no longer holds.
 * Another change of the same bucket costs one more look at the store, and a missing one cannot be.
 */
export class ChangeVersions {
  private readonly counts = new Uint32Array(BUCKETS);

  /** @param hash 32 bits of the digest of what was changed */
  of(hash: number): number {
    return this.counts[hash % BUCKETS] ?? 0;
  }

  raise(hash: number): void {
    const bucket = hash % BUCKETS;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
  }

  /** For whoever may have missed changes. */
  raiseAll(): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++) this.raise(bucket);
  }
}
