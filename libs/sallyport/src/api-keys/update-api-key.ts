import { Inject, Injectable } from '@nestjs/common';
import type { ChangedBy } from '../audit/change.js';
import { Clock } from '../clock.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { Transactions, type Transaction } from '../transactions/transaction.js';
import type { ApiKey, ApiKeyChanges } from './api-key.js';
import {
  changesIn,
  checkAddressRanges,
  checkExpiry,
  checkName,
  checkScope,
} from './api-key-input.js';
import { API_KEY_OPTIONS, type ResolvedApiKeyOptions } from './api-key.options.js';
import { ApiKeyRecords, conflict } from './api-key-records.js';
import { ApiKeyStore } from './api-key.store.js';

/** How a key is renamed, narrowed or given another end. */
@Injectable()
export class UpdateApiKey {
  constructor(
    private readonly records: ApiKeyRecords,
    private readonly store: ApiKeyStore,
    private readonly transactions: Transactions,
    private readonly revocations: RevocationService,
    private readonly clock: Clock,
    @Inject(API_KEY_OPTIONS) private readonly options: ResolvedApiKeyOptions,
  ) {}

  async update(
    id: string,
    asked: ApiKeyChanges,
    by: ChangedBy,
    outer?: Transaction,
  ): Promise<void> {
    const changes = changesIn(asked);
    if (changes.name !== undefined) checkName(changes.name);
    if (changes.addressRanges !== undefined) checkAddressRanges(changes.addressRanges);
    checkExpiry(changes.expiresAt, this.clock.now(), this.options);
    await this.transactions.run(async (transaction) => {
      const known = await this.records.get(id, transaction);
      if (changes.scope !== undefined) {
        checkScope(await this.records.clientOf(known, transaction), changes.scope);
      }
      if (changes.signedOnly === true && known.sealedSigningSecret === null) {
        throw conflict('this API key has no signing secret: issue another');
      }
      if (!(await this.store.update(id, changes, transaction))) {
        throw conflict('this API key is revoked');
      }
      if (changes.expiresAt !== undefined) await this.assertMayEndElsewhen(known, transaction);
      const details = { fields: Object.keys(changes).join(' ') };
      await this.records.record('updated', id, details, by, transaction);
      const record = { kind: 'api-key-record', apiKeyId: id } as const;
      await this.revocations.recordChanged(record, by, transaction);
    }, outer);
    if (outer === undefined) await this.revocations.publish();
  }

  /** Asked after the update, which holds the row: a rotation at the same time has come before it, or comes after. */
  private async assertMayEndElsewhen(before: ApiKey, transaction: Transaction): Promise<void> {
    const { replacedBy } = await this.records.get(before.id, transaction);
    const isExpired = before.expiresAt !== null && before.expiresAt <= this.clock.now();
    if (isExpired || replacedBy !== null) {
      throw conflict('this API key has expired or was replaced: its end is settled');
    }
  }
}
