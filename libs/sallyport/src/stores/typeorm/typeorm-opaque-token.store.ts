import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import type { Transaction } from '../../transactions/transaction.js';
import { OpaqueTokenStore } from '../../user-tokens/opaque-token.store.js';
import type { OpaqueToken } from '../../user-tokens/opaque-token.js';
import { assertStorable, isStorable } from '../storable-text.js';
import { OpaqueTokenEntity } from './entities/opaque-token.entity.js';
import { insertRow, pruneExpired } from './rows.js';
import { TypeOrmTransactions } from './typeorm-transactions.js';

@Injectable()
export class TypeOrmOpaqueTokenStore extends OpaqueTokenStore {
  constructor(private readonly database: TypeOrmTransactions) {
    super();
  }

  async insert(token: OpaqueToken, transaction: Transaction): Promise<void> {
    const { secretHash, grantId, clientId } = token;
    assertStorable(token, [secretHash, grantId ?? '', clientId]);
    await this.database.query(
      (manager) => insertRow(manager, OpaqueTokenEntity, token),
      transaction,
    );
  }

  async findByHash(secretHash: string): Promise<OpaqueToken | null> {
    if (!isStorable(secretHash)) return null;
    return this.database.findOne(OpaqueTokenEntity, { secretHash });
  }

  async revoke(secretHash: string, at: Date, transaction: Transaction): Promise<boolean> {
    if (!isStorable(secretHash)) return false;
    return this.database.query(async (manager) => {
      const standing = { secretHash, revokedAt: IsNull() };
      const { affected } = await manager.update(OpaqueTokenEntity, standing, { revokedAt: at });
      return affected === 1;
    }, transaction);
  }

  async prune(before: Date, limit: number): Promise<number> {
    return this.database.query((manager) =>
      pruneExpired(manager, OpaqueTokenEntity, before, limit),
    );
  }
}
