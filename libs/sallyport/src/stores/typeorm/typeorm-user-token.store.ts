import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import type { Transaction } from '../../transactions/transaction.js';
import { UserTokenStore } from '../../user-tokens/user-token.store.js';
import type { Consumption, UserToken } from '../../user-tokens/user-token.js';
import type { UserId } from '../../users/user.js';
import { assertStorable, isStorable } from '../storable-text.js';
import { GrantEntity } from './entities/grant.entity.js';
import { UserTokenEntity } from './entities/user-token.entity.js';
import { columnsOf, insertRow, isUuid, tableOf } from './rows.js';
import { TypeOrmTransactions } from './typeorm-transactions.js';

@Injectable()
export class TypeOrmUserTokenStore extends UserTokenStore {
  constructor(private readonly database: TypeOrmTransactions) {
    super();
  }

  async insert(token: UserToken, transaction: Transaction): Promise<void> {
    const { secretHash, grantId, issuer, subject, clientId, sid } = token;
    assertStorable(token, [secretHash, grantId, issuer, subject, clientId, sid]);
    await this.database.query(
      (manager) => insertRow(manager, UserTokenEntity, rowOf(token)),
      transaction,
    );
  }

  async findByHash(secretHash: string): Promise<UserToken | null> {
    if (!isStorable(secretHash)) return null;
    const row = await this.database.findOne(UserTokenEntity, { secretHash });
    return row && userTokenOf(row);
  }

  async consume(
    id: string,
    { at, successorId, sealedAnswer }: Consumption,
    transaction: Transaction,
  ): Promise<UserToken | null> {
    assertStorable({ successorId, sealedAnswer }, []);
    if (!isUuid(id)) return null;
    return this.database.query(async (manager) => {
      const table = tableOf(manager, UserTokenEntity);
      const columns = columnsOf(manager, UserTokenEntity);
      const [row] = await manager.query<UserTokenEntity[]>(
        `WITH spent AS (
           UPDATE ${table} SET consumed_at = $2, successor_id = $3, sealed_answer = $4
            WHERE id = $1 AND consumed_at IS NULL AND revoked_at IS NULL
           RETURNING *
         ), predecessor AS (
           UPDATE ${table} AS before SET sealed_answer = NULL FROM spent
            WHERE before.successor_id = spent.id
         )
         SELECT ${columns} FROM spent`,
        [id, at, successorId, sealedAnswer],
      );
      return row === undefined ? null : userTokenOf(row);
    }, transaction);
  }

  async listHeads(
    { issuer, subject }: UserId,
    at: Date,
    limit: number,
    transaction?: Transaction,
  ): Promise<readonly UserToken[]> {
    if (!isStorable(issuer) || !isStorable(subject)) return [];
    return this.database.query(async (manager) => {
      const rows = await manager
        .createQueryBuilder(UserTokenEntity, 'token')
        .where('token.issuer = :issuer AND token.subject = :subject', { issuer, subject })
        .andWhere('token.consumedAt IS NULL AND token.revokedAt IS NULL')
        .andWhere('token.idleEndsAt > :at AND token.endsAt > :at', { at })
        // A successor that was not yet committed when its grant ended has not been revoked with it.
        .andWhere(
          `NOT EXISTS (SELECT FROM ${tableOf(manager, GrantEntity)} AS family
             WHERE family.id = token.grantId AND family.ended_at IS NOT NULL)`,
        )
        .orderBy({ 'token.lastUsedAt': 'DESC', 'token.id': 'DESC' })
        .limit(limit)
        .getMany();
      return rows.map(userTokenOf);
    }, transaction);
  }

  async rename(
    { issuer, subject }: UserId,
    grantId: string,
    name: string | null,
    transaction: Transaction,
  ): Promise<boolean> {
    assertStorable({ name }, []);
    if (![issuer, subject, grantId].every(isStorable)) return false;
    return this.database.query(async (manager) => {
      const head = { issuer, subject, grantId, consumedAt: IsNull(), revokedAt: IsNull() };
      const renameHead = async () =>
        (await manager.update(UserTokenEntity, head, { deviceName: name })).affected === 1;
      // The first may have waited for a refresh: what was the head is then consumed, and the second sees its successor.
      return (await renameHead()) || renameHead();
    }, transaction);
  }

  async hold(user: UserId, transaction: Transaction): Promise<void> {
    await this.database.query(
      (manager) => manager.query('SELECT pg_advisory_xact_lock($1)', [lockOf(user)]),
      transaction,
    );
  }
}

/** 64 bits of a hash: two users who share one wait for each other, and nothing worse. */
const lockOf = ({ issuer, subject }: UserId): string =>
  hash('sha256', JSON.stringify([issuer, subject]), 'buffer')
    .readBigInt64BE()
    .toString();

function rowOf({ device, ...token }: UserToken) {
  return {
    ...token,
    deviceName: device.name,
    address: device.address,
    userAgent: device.userAgent,
  };
}

function userTokenOf({ deviceName, address, userAgent, ...token }: UserTokenEntity): UserToken {
  return { ...token, device: { name: deviceName, address, userAgent } };
}
