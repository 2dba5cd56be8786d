import { Injectable } from '@nestjs/common';
import { whenFound, type RecordCache } from '../cache/record-cache.js';
import type { MaybePromise } from '../maybe-promise.js';
import { KnownRecords } from '../revocation/replica/known-records.js';
import type { ApiKey } from './api-key.js';
import { ApiKeyStore } from './api-key.store.js';

/** API keys as they are known here: a change of one is told to every instance. */
@Injectable()
export class ApiKeyDirectory {
  private readonly byId: RecordCache<ApiKey | null>;
  /** Neither hash nor id of a key ever changes. */
  private readonly idsByForeignHash: RecordCache<string | null>;

  constructor(store: ApiKeyStore, records: KnownRecords) {
    this.byId = records.cache(
      (id) => store.find(id),
      (apiKeyId) => ({ kind: 'api-key-record', apiKeyId }),
    );
    this.idsByForeignHash = records.cache(async (secretHash) => {
      const key = await store.findForeign(secretHash);
      return key?.id ?? null;
    }, null);
  }

  /** At once when it is known. The same object until the key is changed. */
  find(id: string): MaybePromise<ApiKey | null> {
    return this.byId.find(id);
  }

  findForeign(secretHash: string): MaybePromise<ApiKey | null> {
    return whenFound(this.idsByForeignHash.find(secretHash), (id) =>
      id === null ? null : this.byId.find(id),
    );
  }

  /** After a key came to be here, of which nobody is told. */
  evict({ id, secretHash }: Pick<ApiKey, 'id' | 'secretHash'>): void {
    this.byId.evict(id);
    this.idsByForeignHash.evict(secretHash);
  }
}
