import { Injectable } from '@nestjs/common';
import type { RecordCache } from '../cache/record-cache.js';
import type { MaybePromise } from '../maybe-promise.js';
import { KnownRecords } from '../revocation/replica/known-records.js';
import { ClientStore } from './client.store.js';
import type { Client } from './client.js';

/** Clients as they are known here: a change of one is told to every instance. */
@Injectable()
export class ClientDirectory {
  private readonly byId: RecordCache<Client | null>;

  constructor(store: ClientStore, records: KnownRecords) {
    this.byId = records.cache(
      (clientId) => store.find(clientId),
      (clientId) => ({ kind: 'client-record', clientId }),
    );
  }

  /** At once when it is known. The same object until the client is changed. */
  find(clientId: string): MaybePromise<Client | null> {
    return this.byId.find(clientId);
  }
}
