import type { Clock } from '../clock.js';
import { isPromise, type MaybePromise } from '../maybe-promise.js';
import type { ChangeVersions } from './change-versions.js';

export interface RecordCacheOptions<V> {
  readonly load: (id: string) => Promise<V>;
  /** The hash under which changes of this record are counted. */
  readonly hashOf: (id: string) => number;
  /** @default a minute */
  readonly maxAgeMilliseconds?: number;
  /** How long a null is remembered: nobody may count that a record came to be. @default half a second */
  readonly absentMilliseconds?: number;
  /** At most twice as many are kept. @default 10,000 */
  readonly capacity?: number;
}

interface Entry<V> {
  readonly value: V;
  readonly loadedAt: number;
  /** From then on it is read again. */
  readonly until: number;
  readonly hash: number;
  readonly version: number;
}

interface Loading<V> {
  readonly value: Promise<V>;
  readonly version: number;
}

const ABSENT_MILLISECONDS = 500;
const MAX_AGE_MILLISECONDS = 60_000;
/** How soon a store that failed is asked again about what is known. */
const RETRY_MILLISECONDS = 1000;
/** How long a store may take to tell what is known already, before that stands in: it may hang, and others need their time too. */
const PATIENCE_MILLISECONDS = 100;
/** How old a record may be that stands in for a store that is away. */
const LAST_RESORT_MILLISECONDS = 3_600_000;
const CAPACITY = 10_000;

/**
 * Remembers records of a store until a change of them is told, and reads them again after a minute all the same. What
 * is there is answered without waiting; concurrent misses share one load; a load that a change overtook is not kept.
 */
export class RecordCache<V> {
  /** Two generations: what was not asked for in the time of one goes with the other. */
  private young = new Map<string, Entry<V>>();
  private old = new Map<string, Entry<V>>();
  private readonly loading = new Map<string, Loading<V>>();
  private readonly maxAge: number;
  private readonly absentAge: number;
  private readonly capacity: number;

  constructor(
    private readonly clock: Clock,
    private readonly versions: ChangeVersions,
    private readonly options: RecordCacheOptions<V>,
  ) {
    this.maxAge = options.maxAgeMilliseconds ?? MAX_AGE_MILLISECONDS;
    this.absentAge = Math.min(options.absentMilliseconds ?? ABSENT_MILLISECONDS, this.maxAge);
    this.capacity = options.capacity ?? CAPACITY;
  }

  /** A failure is told to those who wait for it, and then forgotten. */
  find(id: string): MaybePromise<V> {
    const entry = this.young.get(id) ?? this.old.get(id);
    if (entry === undefined || this.isOutdated(entry)) return this.load(id);
    const left = entry.until - this.clock.milliseconds();
    // The second test is for a system clock that was set back.
    if (left <= 0 || left > this.maxAge) return this.refresh(id, entry);
    if (this.young.get(id) !== entry) this.keep(id, entry);
    return entry.value;
  }

  /** No change was told, so it is read again behind the answer; an old one only stands in for a store that is away. */
  private refresh(id: string, entry: Entry<V>): MaybePromise<V> {
    const age = this.clock.milliseconds() - entry.loadedAt;
    const loaded = this.load(id);
    if (entry.value === null || age < 0 || age > LAST_RESORT_MILLISECONDS) return loaded;
    const known = loaded.catch((error: unknown) => {
      if (this.isOutdated(entry)) throw error;
      const until = this.clock.milliseconds() + Math.min(RETRY_MILLISECONDS, this.maxAge);
      this.keep(id, { ...entry, until });
      return entry.value;
    });
    if (age > this.maxAge * 2) return withinPatience(known, entry.value);
    known.catch(() => undefined);
    return entry.value;
  }

  /** Reads one anew for whoever has reason to doubt it. What is known stays until the store has answered. */
  reload(id: string): Promise<V> {
    this.loading.delete(id);
    return this.load(id);
  }

  /** Forgets one, whatever is told. */
  evict(id: string): void {
    this.young.delete(id);
    this.old.delete(id);
    this.loading.delete(id);
  }

  private isOutdated({ version, hash }: Entry<V>): boolean {
    return version !== this.versions.of(hash);
  }

  private load(id: string): Promise<V> {
    const hash = this.options.hashOf(id);
    const version = this.versions.of(hash);
    const underWay = this.loading.get(id);
    if (underWay?.version === version) return underWay.value;

    const value = this.options.load(id);
    const loading = { value, version };
    this.loading.set(id, loading);
    const isLatest = (): boolean => this.loading.get(id) === loading;
    value.then(
      (found) => {
        if (!isLatest()) return;
        this.loading.delete(id);
        const age = found === null ? this.absentAge : this.maxAge;
        const loadedAt = this.clock.milliseconds();
        this.keep(id, { value: found, loadedAt, until: loadedAt + age, hash, version });
      },
      () => isLatest() && this.loading.delete(id),
    );
    return value;
  }

  private keep(id: string, entry: Entry<V>): void {
    if (this.young.size >= this.capacity) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(id, entry);
  }
}

async function withinPatience<V>(loaded: Promise<V>, known: V): Promise<V> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<V>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MILLISECONDS, known);
  });
  try {
    return await Promise.race([loaded, late]);
  } finally {
    clearTimeout(timer);
    loaded.catch(() => undefined);
  }
}

/** Goes on with what is there, or waits for it. */
export function whenFound<V, T>(
  value: MaybePromise<V>,
  next: (value: V) => MaybePromise<T>,
): MaybePromise<T> {
  return isPromise(value) ? value.then(next) : next(value);
}
