import { Injectable } from '@nestjs/common';
import { FreshCache } from '../cache/fresh-cache.js';
import { Clock } from '../clock.js';
import type { ApiKey } from './api-key.js';
import { ApiKeyStore } from './api-key.store.js';

/** API keys as of at most half a second ago. */
@Injectable()
export class ApiKeyDirectory {
  private readonly byId: FreshCache<ApiKey | null>;
  private readonly byForeignHash: FreshCache<ApiKey | null>;

  constructor(
    private readonly store: ApiKeyStore,
    clock: Clock,
  ) {
    this.byId = new FreshCache(clock);
    this.byForeignHash = new FreshCache(clock);
  }

  find(id: string): Promise<ApiKey | null> {
    return this.byId.get(id, () => this.store.find(id));
  }

  findForeign(secretHash: string): Promise<ApiKey | null> {
    return this.byForeignHash.get(secretHash, () => this.store.findForeign(secretHash));
  }

  /** After a change made here, so that this instance sees it at once. */
  evict({ id, secretHash }: Pick<ApiKey, 'id' | 'secretHash'>): void {
    this.byId.evict(id);
    this.byForeignHash.evict(secretHash);
  }
}
