const SMALLEST = 8;
/** Slots in use, of all: above this a search takes long, below that memory is wasted. */
const FULLEST = 0.8;
const EMPTIEST = 0.4;
const GROWTH = 1.12;

/** Word of an entry: its first two are the fingerprint. */
export const LOW = 1;
export const VALUE = 2;
export const TIME = 3;

/**
 * Entries of 32-bit words by fingerprint, in one array with open addressing. What is removed leaves no tombstone:
 * those behind it move up. Of any capacity, so that it grows by little at a time.
 */
export class FingerprintShard {
  /** Entries one after the other; a slot whose `low` is 0 is free. */
  words: Uint32Array;
  size = 0;
  private capacity = SMALLEST;

  /** @param width words of an entry, the two of its fingerprint included */
  constructor(private readonly width: number) {
    this.words = new Uint32Array(SMALLEST * width);
  }

  get bytes(): number {
    return this.words.byteLength;
  }

  /** Where the entry begins in `words`; -1 when there is none. */
  find(high: number, low: number): number {
    const { words, width } = this;
    const end = words.length;
    let at = this.home(low);
    for (;;) {
      const found = words[at + LOW];
      if (found === 0) return -1;
      if (found === low && words[at] === high) return at;
      at += width;
      if (at === end) at = 0;
    }
  }

  /** Where the entry begins, which is made if there is none: all but its fingerprint is then 0. */
  place(high: number, low: number): number {
    const known = this.find(high, low);
    if (known !== -1) return known;
    if (this.size + 1 > this.capacity * FULLEST) {
      this.resize(Math.ceil(this.capacity * GROWTH) + 1);
    }
    this.size++;
    const at = this.free(low);
    this.words[at] = high;
    this.words[at + LOW] = low;
    return at;
  }

  /** Drops every entry of which `isOver` says so, and gives memory back when few are left. */
  sweep(isOver: (words: Uint32Array, at: number) => boolean): void {
    let at = 0;
    while (at < this.words.length) {
      // Another entry may have moved here, which is then asked about too.
      if (this.words[at + LOW] !== 0 && isOver(this.words, at)) this.remove(at);
      else at += this.width;
    }
    if (this.capacity > SMALLEST && this.size < this.capacity * EMPTIEST) {
      this.resize(Math.max(SMALLEST, Math.ceil(this.size / FULLEST) + 1));
    }
  }

  /** Moves up whatever would no longer be found past the gap. */
  private remove(gap: number): void {
    const { words, width } = this;
    let at = gap;
    for (;;) {
      at = at + width === words.length ? 0 : at + width;
      const low = words[at + LOW];
      if (low === undefined || low === 0) break;
      if (this.isReachedBefore(this.home(low), gap, at)) {
        words.copyWithin(gap, at, at + width);
        gap = at;
      }
    }
    words.fill(0, gap, gap + width);
    this.size--;
  }

  /** Whether a search from `home` passes `gap` before it comes to `at`. */
  private isReachedBefore(home: number, gap: number, at: number): boolean {
    return gap <= at ? home <= gap || home > at : home <= gap && home > at;
  }

  private resize(capacity: number): void {
    const { words: old, width } = this;
    this.capacity = capacity;
    this.words = new Uint32Array(capacity * width);
    for (let at = 0; at < old.length; at += width) {
      const low = old[at + LOW];
      if (low === undefined || low === 0) continue;
      const to = this.free(low);
      for (let word = 0; word < width; word++) this.words[to + word] = old[at + word] ?? 0;
    }
  }

  private free(low: number): number {
    const { words, width } = this;
    let at = this.home(low);
    while (words[at + LOW] !== 0) at = at + width === words.length ? 0 : at + width;
    return at;
  }

  private home(low: number): number {
    return Math.floor((low / 0x1_0000_0000) * this.capacity) * this.width;
  }
}
