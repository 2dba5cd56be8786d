import type { Clock } from '../clock.js';

/**
 * Remembers what a store said for a fraction of a second, so that a burst costs one query and a narrowing
 * write is still seen everywhere within the promised second. Bounded; concurrent misses share one load.
 */
export class FreshCache<V> {
  private readonly entries = new Map<
    string,
    { readonly value: Promise<V>; readonly until: number }
  >();

  constructor(
    private readonly clock: Clock,
    private readonly maxAgeMilliseconds = 500,
    private readonly maxEntries = 10_000,
  ) {}

  get(key: string, load: () => Promise<V>): Promise<V> {
    const now = this.clock.now().getTime();
    const known = this.entries.get(key);
    // The second test is for a system clock that was set back.
    if (known !== undefined && known.until > now && known.until <= now + this.maxAgeMilliseconds) {
      return known.value;
    }
    const value = load();
    const entry = { value, until: now + this.maxAgeMilliseconds };
    this.entries.delete(key);
    this.entries.set(key, entry);
    if (this.entries.size > this.maxEntries) {
      const [oldest] = this.entries.keys();
      if (oldest !== undefined) this.entries.delete(oldest);
    }
    // A failure is told to those who wait for it, and then forgotten.
    value.catch(() => {
      if (this.entries.get(key) === entry) this.entries.delete(key);
    });
    return value;
  }

  evict(key: string): void {
    this.entries.delete(key);
  }
}
