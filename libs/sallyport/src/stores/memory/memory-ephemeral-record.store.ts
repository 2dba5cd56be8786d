import { Injectable } from '@nestjs/common';
import { addSeconds, Clock } from '../../clock.js';
import { EphemeralRecordStore } from '../../ephemeral/ephemeral-record.store.js';
import { assertEphemeralValue } from '../../ephemeral/ephemeral-value.js';
import { wholeSeconds } from '../../ephemeral/whole-seconds.js';
import { memoryKey } from './memory-key.js';

interface Kept {
  readonly value: string;
  readonly until: Date;
}

const MAX_CHARACTERS = 32 * 1024 * 1024;
/** What a record costs beside its value, so that many empty ones count too. */
const CHARACTERS_PER_RECORD = 200;

/** Keeps records in this process: right only while it is the only one. When full, what was put longest ago goes. */
@Injectable()
export class MemoryEphemeralRecordStore extends EphemeralRecordStore {
  private readonly kept = new Map<string, Kept>();
  private characters = 0;

  constructor(private readonly clock: Clock) {
    super();
  }

  get size(): number {
    return this.kept.size;
  }

  async put(kind: string, id: string, value: string, ttlSeconds: number): Promise<void> {
    assertEphemeralValue(value);
    const now = this.clock.now();
    const until = addSeconds(now, wholeSeconds(ttlSeconds));
    const key = memoryKey(kind, id);
    this.drop(key);
    this.kept.set(key, { value, until });
    this.characters += weightOf(value);
    this.makeRoom(now);
  }

  async get(kind: string, id: string): Promise<string | null> {
    const kept = this.kept.get(memoryKey(kind, id));
    return kept === undefined || kept.until <= this.clock.now() ? null : kept.value;
  }

  async delete(kind: string, id: string): Promise<void> {
    this.drop(memoryKey(kind, id));
  }

  private drop(key: string): void {
    const kept = this.kept.get(key);
    if (kept === undefined) return;
    this.kept.delete(key);
    this.characters -= weightOf(kept.value);
  }

  /** The map is ordered by when a record was put: from its head, what has expired leaves with each call. */
  private makeRoom(now: Date): void {
    for (const [key, { until }] of this.kept) {
      if (until > now && this.characters <= MAX_CHARACTERS) break;
      this.drop(key);
    }
  }
}

const weightOf = (value: string): number => value.length + CHARACTERS_PER_RECORD;
