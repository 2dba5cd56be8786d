import { FingerprintShard, TIME, VALUE } from './fingerprint-shard.js';

/** By the first byte of a fingerprint, so that growing or sweeping one is a matter of microseconds. */
const SHARDS = 256;

export const FOR_EVER = 0xffff_ffff;

/** What ends for good: fingerprint and the second until which it counts. 12 bytes a slot. */
export class FinalTable {
  private readonly shards: (FingerprintShard | undefined)[] = new Array<undefined>(SHARDS);

  /** Whether it may be among them: another key can have the same fingerprint. */
  has(high: number, low: number, nowSeconds: number): boolean {
    const shard = this.shards[high >>> 24];
    if (shard === undefined) return false;
    const at = shard.find(high, low);
    return at !== -1 && (shard.words[at + VALUE] ?? 0) > nowSeconds;
  }

  /** Returns whether that changed anything. */
  add(high: number, low: number, untilSeconds: number): boolean {
    const shard = (this.shards[high >>> 24] ??= new FingerprintShard(3));
    const at = shard.place(high, low);
    if (untilSeconds <= (shard.words[at + VALUE] ?? 0)) return false;
    shard.words[at + VALUE] = untilSeconds;
    return true;
  }

  /** Drops what is over from one of 256 parts. */
  sweep(part: number, nowSeconds: number): void {
    this.shards[part]?.sweep((words, at) => (words[at + VALUE] ?? 0) <= nowSeconds);
  }

  get size(): number {
    return sumOf(this.shards, 'size');
  }

  get bytes(): number {
    return sumOf(this.shards, 'bytes');
  }
}

/** What counts up: fingerprint, epoch and the second of the last change. 16 bytes a slot. */
export class EpochTable {
  private readonly shards: (FingerprintShard | undefined)[] = new Array<undefined>(SHARDS);

  /** @param lifeSeconds how long after its last change an entry counts */
  constructor(private readonly lifeSeconds: number) {}

  /** The epoch, or a later one of another key with the same fingerprint; 0 where there is none. */
  epoch(high: number, low: number): number {
    return this.word(high, low, VALUE);
  }

  /** The second of the last change, rounded up; 0 where none is dated. */
  changedAt(high: number, low: number): number {
    return this.word(high, low, TIME);
  }

  /**
   * Neither epoch nor time goes back. Returns whether either is a later one: a store that was replaced by one that
   * lagged behind, or that has forgotten, counts epochs again.
   */
  raise(high: number, low: number, epoch: number, atSeconds: number): boolean {
    const shard = (this.shards[high >>> 24] ??= new FingerprintShard(4));
    const at = shard.place(high, low);
    const isLater = atSeconds > (shard.words[at + TIME] ?? 0);
    if (isLater) shard.words[at + TIME] = atSeconds;
    if (epoch <= (shard.words[at + VALUE] ?? 0)) return isLater;
    shard.words[at + VALUE] = epoch;
    return true;
  }

  sweep(part: number, nowSeconds: number): void {
    if (this.lifeSeconds === FOR_EVER) return;
    const oldest = nowSeconds - this.lifeSeconds;
    this.shards[part]?.sweep((words, at) => (words[at + TIME] ?? 0) <= oldest);
  }

  get size(): number {
    return sumOf(this.shards, 'size');
  }

  get bytes(): number {
    return sumOf(this.shards, 'bytes');
  }

  private word(high: number, low: number, offset: number): number {
    const shard = this.shards[high >>> 24];
    if (shard === undefined) return 0;
    const at = shard.find(high, low);
    return at === -1 ? 0 : (shard.words[at + offset] ?? 0);
  }
}

export const PARTS = SHARDS;

const sumOf = (shards: readonly (FingerprintShard | undefined)[], what: 'size' | 'bytes'): number =>
  shards.reduce((sum, shard) => sum + (shard?.[what] ?? 0), 0);
