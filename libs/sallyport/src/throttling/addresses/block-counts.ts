import { EPSILON, type Limit } from '../counting/limit.js';

interface BlockCount {
  /** The theoretical arrival time (GCRA). */
  arrivalAt: number;
}

/**
 * Counts one rate for many address blocks in this process: one number each, changed in place. Bounded, in two
 * generations: what was not used while half of `maxBlocks` came in, or for as long as it takes to owe nothing any more,
 * is forgotten; so a flood of addresses costs memory only up to `maxBlocks`, and silence gives it back.
 */
export class BlockCounts {
  private young = new Map<string, BlockCount>();
  private old = new Map<string, BlockCount>();
  private turnsAt = 0;

  constructor(private readonly maxBlocks = 100_000) {}

  get size(): number {
    return this.young.size + this.old.size;
  }

  /** Whether one more is let in; counts it if so. */
  spend(block: string, { intervalMs, capacity }: Limit, now: number): boolean {
    const most = capacity * intervalMs;
    if (now >= this.turnsAt || now < this.turnsAt - most) this.windowEnds(now, most);
    const count = this.young.get(block) ?? this.renewed(block, now + most);
    // A limit that was narrowed locks nobody out for longer than a window.
    const owed = Math.min(Math.max(0, count.arrivalAt - now), most);
    if (owed + intervalMs > most + intervalMs * EPSILON) return false;
    count.arrivalAt = now + owed + intervalMs;
    return true;
  }

  /** What is taken of the limit, in requests. */
  level(block: string, { intervalMs, capacity }: Limit, now: number): number {
    const owed = ((this.young.get(block) ?? this.old.get(block))?.arrivalAt ?? 0) - now;
    return Math.min(Math.max(0, owed / intervalMs), capacity);
  }

  private renewed(block: string, turnsAt: number): BlockCount {
    if (this.young.size >= this.maxBlocks / 2) this.turn(turnsAt);
    const known = this.old.get(block);
    if (known !== undefined) this.old.delete(block);
    const count = known ?? { arrivalAt: 0 };
    this.young.set(block, count);
    return count;
  }

  private windowEnds(now: number, most: number): void {
    const isLongOver = now >= this.turnsAt + most;
    this.turn(now + most);
    // By then nobody owes anything who was not heard of since.
    if (isLongOver) this.old.clear();
  }

  private turn(turnsAt: number): void {
    this.old = this.young;
    this.young = new Map();
    this.turnsAt = turnsAt;
  }
}
