import { Inject, Injectable } from '@nestjs/common';
import type { ChangedBy } from '../audit/change.js';
import { addSeconds, Clock } from '../clock.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { Transactions, type Transaction } from '../transactions/transaction.js';
import type { ApiKey } from './api-key.js';
import { checkOverlap, lifetimeToPassOn, scopeToPassOn } from './api-key-input.js';
import { API_KEY_OPTIONS, type ResolvedApiKeyOptions } from './api-key.options.js';
import { ApiKeyRecords, conflict, type IssuedApiKey } from './api-key-records.js';
import { ApiKeyStore } from './api-key.store.js';

export interface RotateApiKeyOptions {
  /** How long the old key goes on beside the new one. @default options.apiKeys.overlapSeconds */
  readonly overlapSeconds?: number;
}

/** How a key gets its successor. */
@Injectable()
export class RotateApiKey {
  constructor(
    private readonly records: ApiKeyRecords,
    private readonly store: ApiKeyStore,
    private readonly transactions: Transactions,
    private readonly revocations: RevocationService,
    private readonly clock: Clock,
    @Inject(API_KEY_OPTIONS) private readonly options: ResolvedApiKeyOptions,
  ) {}

  async rotate(
    id: string,
    by: ChangedBy,
    { overlapSeconds = this.options.overlapSeconds }: RotateApiKeyOptions,
    outer?: Transaction,
  ): Promise<IssuedApiKey> {
    checkOverlap(overlapSeconds);
    const issued = await this.transactions.run(async (transaction) => {
      const old = await this.records.get(id, transaction);
      const client = await this.records.clientOf(old, transaction);
      await this.assertNotEnded(old, transaction);
      const at = this.clock.now();
      const replacedBy = this.records.newId();
      const superseded = { replacedBy, at, endsAt: addSeconds(at, overlapSeconds) };
      if (!(await this.store.supersede(id, superseded, transaction))) {
        throw conflict('this API key is revoked, expired, or has been rotated already');
      }
      const issued = await this.records.insert(
        {
          ...old, // its epochs too: what ends the old key ends this one
          id: replacedBy,
          scope: scopeToPassOn(client, old.scope),
          createdAt: at,
          expiresAt: addSeconds(at, lifetimeToPassOn(old, this.options)),
        },
        { signing: old.sealedSigningSecret !== null },
        transaction,
      );
      const details = { from: id, client: old.clientId };
      await this.records.record('rotated', replacedBy, details, by, transaction);
      const record = { kind: 'api-key-record', apiKeyId: id } as const;
      await this.revocations.recordChanged(record, by, transaction);
      return issued;
    }, outer);
    if (outer === undefined) await this.revocations.publish();
    return issued;
  }

  /** Revoking a client or a user raises an epoch, and leaves the records of their keys as they are. */
  private async assertNotEnded(key: ApiKey, transaction: Transaction): Promise<void> {
    const current = await this.revocations.currentEpochs(key, transaction);
    if (key.clientEpoch < current.client || key.userEpoch < current.user) {
      throw conflict('this API key ended when its client or its user was revoked');
    }
  }
}
