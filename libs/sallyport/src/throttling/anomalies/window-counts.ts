interface Counted {
  endsAt: number;
  count: number;
}

/** Counts what happens to each of many within windows that begin with its first event. Bounded: the oldest make room. */
export class WindowCounts {
  private readonly counts = new Map<string, Counted>();

  constructor(
    private readonly windowMs: number,
    private readonly maxKeys = 20_000,
  ) {}

  get size(): number {
    return this.counts.size;
  }

  /** How many there were in this window, with this one. */
  add(key: string, now: number): number {
    const known = this.counts.get(key);
    if (known !== undefined && now < known.endsAt && now >= known.endsAt - this.windowMs) {
      known.count += 1;
      return known.count;
    }
    this.counts.delete(key);
    this.counts.set(key, { endsAt: now + this.windowMs, count: 1 });
    if (this.counts.size > this.maxKeys) {
      const [oldest] = this.counts.keys();
      if (oldest !== undefined) this.counts.delete(oldest);
    }
    return 1;
  }
}
