import { Injectable } from '@nestjs/common';
import { FreshCache } from '../cache/fresh-cache.js';
import { Clock } from '../clock.js';
import { SigningKeyStore } from './signing-key.store.js';
import type { SigningKey } from './signing-key.js';

const CACHED = 'current';
const REREAD_COOLDOWN_MILLISECONDS = 100;

/** The keys that are next, active or retiring, as they were at most half a second ago. */
@Injectable()
export class CurrentSigningKeys {
  private readonly cache: FreshCache<readonly SigningKey[]>;
  private rereadAt = new Date(0);

  constructor(
    private readonly store: SigningKeyStore,
    private readonly clock: Clock,
  ) {
    this.cache = new FreshCache(clock);
  }

  list(): Promise<readonly SigningKey[]> {
    return this.cache.get(CACHED, () => this.store.listCurrent());
  }

  /**
   * Reads again when `kid` is not among the known keys: another instance may just have made it. Not more
   * than ten times a second, however many made-up kids arrive.
   */
  async listWith(kid: string): Promise<readonly SigningKey[]> {
    const known = await this.list();
    if (known.some((key) => key.kid === kid)) return known;
    const now = this.clock.now();
    if (Math.abs(now.getTime() - this.rereadAt.getTime()) >= REREAD_COOLDOWN_MILLISECONDS) {
      this.rereadAt = now;
      this.forget();
    }
    return this.list();
  }

  forget(): void {
    this.cache.evict(CACHED);
  }
}
