import { Injectable } from '@nestjs/common';
import { ConsentStore } from '../../consents/consent.store.js';
import type { Consent } from '../../consents/consent.js';
import type { Transaction } from '../../transactions/transaction.js';
import type { UserId } from '../../users/user.js';
import { assertStorable, isStorable } from '../storable-text.js';
import { ConsentEntity } from './entities/consent.entity.js';
import { recordOf, tableOf } from './rows.js';
import { TypeOrmTransactions } from './typeorm-transactions.js';

@Injectable()
export class TypeOrmConsentStore extends ConsentStore {
  constructor(private readonly database: TypeOrmTransactions) {
    super();
  }

  async add(consent: Consent, transaction: Transaction): Promise<void> {
    const { issuer, subject, clientId, scope, grantedAt } = consent;
    assertStorable(consent, [issuer, subject, clientId]);
    await this.database.query(
      (manager) =>
        manager.query(
          `INSERT INTO ${tableOf(manager, ConsentEntity)} AS present
             (issuer, subject, client_id, scope, granted_at)
           VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (issuer, subject, client_id) DO UPDATE SET
             scope = ARRAY(
               SELECT DISTINCT value COLLATE "C" AS value
                 FROM unnest(present.scope || EXCLUDED.scope) AS agreed (value) ORDER BY value
             ),
             granted_at = GREATEST(present.granted_at, EXCLUDED.granted_at)`,
          [issuer, subject, clientId, [...new Set(scope)].sort(), grantedAt],
        ),
      transaction,
    );
  }

  async find({ issuer, subject }: UserId, clientId: string): Promise<Consent | null> {
    if (![issuer, subject, clientId].every(isStorable)) return null;
    return this.database.findOne(ConsentEntity, { issuer, subject, clientId });
  }

  async list({ issuer, subject }: UserId): Promise<readonly Consent[]> {
    if (!isStorable(issuer) || !isStorable(subject)) return [];
    return this.database.query(async (manager) => {
      const where = { issuer, subject };
      const rows = await manager.find(ConsentEntity, { where, order: { clientId: 'ASC' } });
      return rows.map(recordOf);
    });
  }

  async remove(
    { issuer, subject }: UserId,
    clientId: string,
    transaction: Transaction,
  ): Promise<boolean> {
    if (![issuer, subject, clientId].every(isStorable)) return false;
    return this.database.query(async (manager) => {
      const { affected } = await manager.delete(ConsentEntity, { issuer, subject, clientId });
      return affected === 1;
    }, transaction);
  }
}
