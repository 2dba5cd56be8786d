import { Injectable } from '@nestjs/common';
import type { ChangedBy } from '../audit/change.js';
import { Clock } from '../clock.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { Transactions, type Transaction } from '../transactions/transaction.js';
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
    private readonly clock: Clock,
  ) {}

  async revoke(id: string, by: ChangedBy, outer?: Transaction): Promise<boolean> {
    const isRevoked = await this.transactions.run(async (transaction) => {
      await this.records.get(id, transaction);
      const isRevoked = await this.store.revoke(id, this.clock.now(), transaction);
      if (isRevoked) {
        await this.revocations.revoke({ kind: 'api-key', apiKeyId: id }, by, transaction);
        const record = { kind: 'api-key-record', apiKeyId: id } as const;
        await this.revocations.recordChanged(record, by, transaction);
      }
      return isRevoked;
    }, outer);
    if (outer === undefined) await this.revocations.publish();
    return isRevoked;
  }
}
