const KEPT = 512;

export interface PropagationFigures {
  /** How many changes came this way first, since the start. */
  readonly count: number;
  /** Of the last 512; null before the first. */
  readonly p50Milliseconds: number | null;
  readonly p99Milliseconds: number | null;
}

/** How long changes took from the instance that made them, by its clock, to this one. */
export class Propagation {
  private readonly kept = new Float64Array(KEPT);
  private count = 0;

  record(milliseconds: number): void {
    // Clocks of two instances may differ by more than it took.
    this.kept[this.count % KEPT] = Math.max(0, milliseconds);
    this.count++;
  }

  figures(): PropagationFigures {
    const sorted = this.kept.slice(0, Math.min(this.count, KEPT)).sort();
    const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? null;
    return { count: this.count, p50Milliseconds: at(0.5), p99Milliseconds: at(0.99) };
  }
}
