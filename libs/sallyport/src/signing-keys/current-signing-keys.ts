import { Injectable } from '@nestjs/common';
import { ChangeVersions } from '../cache/change-versions.js';
import { RecordCache } from '../cache/record-cache.js';
import { Clock } from '../clock.js';
import { isPromise, type MaybePromise } from '../maybe-promise.js';
import { SigningKeyStore } from './signing-key.store.js';
import type { SigningKey } from './signing-key.js';

const CACHED = 'current';
const REREAD_COOLDOWN_MILLISECONDS = 100;

/** The keys that are next, active or retiring, as they were at most half a second ago. */
@Injectable()
export class CurrentSigningKeys {
  private readonly cache: RecordCache<readonly SigningKey[]>;
  private rereadAt = new Date(0);

  constructor(
    private readonly store: SigningKeyStore,
    private readonly clock: Clock,
  ) {
    this.cache = new RecordCache(clock, new ChangeVersions(), {
      load: () => this.store.listCurrent(),
      hashOf: () => 0,
      maxAgeMilliseconds: 500,
    });
  }

  list(): MaybePromise<readonly SigningKey[]> {
    return this.cache.find(CACHED);
  }

  /**
   * Reads again when `kid` is not among the known keys: another instance may just have made it. Not more
   * than ten times a second, however many made-up kids arrive.
   */
  listWith(kid: string): MaybePromise<readonly SigningKey[]> {
    const known = this.list();
    return isPromise(known)
      ? known.then((keys) => this.including(kid, keys))
      : this.including(kid, known);
  }

  private including(
    kid: string,
    known: readonly SigningKey[],
  ): MaybePromise<readonly SigningKey[]> {
    if (known.some((key) => key.kid === kid)) return known;
    const now = this.clock.now();
    if (Math.abs(now.getTime() - this.rereadAt.getTime()) < REREAD_COOLDOWN_MILLISECONDS) {
      return this.list();
    }
    this.rereadAt = now;
    // A made-up kid must not cost the known keys, which may be all there is while the store is away.
    return this.cache.reload(CACHED).catch(() => known);
  }

  forget(): void {
    this.cache.evict(CACHED);
  }
}
