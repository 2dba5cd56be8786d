import { Injectable } from '@nestjs/common';
import type { ChangedBy } from '../audit/change.js';
import { Clock } from '../clock.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { Transactions, type Transaction } from '../transactions/transaction.js';
import { ApiKeyDirectory } from './api-key.directory.js';
import { ApiKeyRecords } from './api-key-records.js';
import { ApiKeyStore } from './api-key.store.js';

/** How a key ends before its time. */
@Injectable()
export class RevokeApiKey {
  constructor(
    private readonly records: ApiKeyRecords,
    private readonly store: ApiKeyStore,
    private readonly transactions: Transactions,
    private readonly revocations: RevocationService,
    private readonly directory: ApiKeyDirectory,
    private readonly clock: Clock,
  ) {}

  async revoke(id: string, by: ChangedBy, outer?: Transaction): Promise<boolean> {
    const { key, isRevoked } = await this.transactions.run(async (transaction) => {
      const key = await this.records.get(id, transaction);
      const isRevoked = await this.store.revoke(id, this.clock.now(), transaction);
      if (isRevoked) {
        await this.revocations.revoke({ kind: 'api-key', apiKeyId: id }, by, transaction);
      }
      return { key, isRevoked };
    }, outer);
    this.directory.evict(key);
    if (outer === undefined) await this.revocations.publish();
    return isRevoked;
  }
}
