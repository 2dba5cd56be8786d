import { ChangeVersions } from '../cache/change-versions.js';
import { RecordCache } from '../cache/record-cache.js';
import type { Clock } from '../clock.js';
import { isPromise, type MaybePromise } from '../maybe-promise.js';
import type { RotatedKeyStore } from './rotated-key.store.js';
import type { RotatedKey } from './rotated-key.js';

const CACHED = 'current';
const REREAD_COOLDOWN_MILLISECONDS = 100;

/** The keys that are next, active or retiring, as they were at most half a second ago. */
export class CurrentKeys<Key extends RotatedKey> {
  private readonly cache: RecordCache<readonly Key[]>;
  private rereadAt = new Date(0);
  private rereading: Promise<readonly Key[]> | undefined;

  constructor(
    private readonly store: RotatedKeyStore<Key>,
    private readonly clock: Clock,
  ) {
    this.cache = new RecordCache(clock, new ChangeVersions(), {
      load: () => this.store.listCurrent(),
      hashOf: () => 0,
      maxAgeMilliseconds: 500,
    });
  }

  list(): MaybePromise<readonly Key[]> {
    return this.cache.find(CACHED);
  }

  /**
   * Reads again when `kid` is not among the known keys: another instance may just have made it. Not more
   * than ten times a second, however many made-up kids arrive.
   */
  listWith(kid: string): MaybePromise<readonly Key[]> {
    const known = this.list();
    return isPromise(known)
      ? known.then((keys) => this.including(kid, keys))
      : this.including(kid, known);
  }

  private including(kid: string, known: readonly Key[]): MaybePromise<readonly Key[]> {
    if (known.some((key) => key.kid === kid)) return known;
    const now = this.clock.now();
    if (Math.abs(now.getTime() - this.rereadAt.getTime()) < REREAD_COOLDOWN_MILLISECONDS) {
      // Who comes with the same new kid a moment later waits for the answer too.
      return this.rereading ?? this.list();
    }
    this.rereadAt = now;
    // A made-up kid must not cost the known keys, which may be all there is while the store is away.
    const reread = this.cache.reload(CACHED).catch(() => known);
    this.rereading = reread;
    void reread.finally(() => {
      if (this.rereading === reread) this.rereading = undefined;
    });
    return reread;
  }

  forget(): void {
    this.cache.evict(CACHED);
  }
}
