import { Injectable } from '@nestjs/common';
import { FreshCache } from '../cache/fresh-cache.js';
import { Clock } from '../clock.js';
import { ClientStore } from './client.store.js';
import type { Client } from './client.js';

/** Clients as of at most half a second ago. */
@Injectable()
export class ClientDirectory {
  private readonly byId: FreshCache<Client | null>;

  constructor(
    private readonly store: ClientStore,
    clock: Clock,
  ) {
    this.byId = new FreshCache(clock);
  }

  find(clientId: string): Promise<Client | null> {
    return this.byId.get(clientId, () => this.store.find(clientId));
  }

  /** After a change made here, so that this instance sees it at once. */
  evict(clientId: string): void {
    this.byId.evict(clientId);
  }
}
