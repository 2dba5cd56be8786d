import { Injectable } from '@nestjs/common';
import { IsNull, MoreThan } from 'typeorm';
import type { Transaction } from '../../transactions/transaction.js';
import { GrantStore, type GrantFilter } from '../../user-tokens/grant.store.js';
import type { Ending, Grant } from '../../user-tokens/grant.js';
import { assertStorable, isStorable } from '../storable-text.js';
import { AuthorizationCodeEntity } from './entities/authorization-code.entity.js';
import { GrantEntity } from './entities/grant.entity.js';
import { OpaqueTokenEntity } from './entities/opaque-token.entity.js';
import { UserTokenEntity } from './entities/user-token.entity.js';
import { insertRow, tableOf } from './rows.js';
import { TypeOrmTransactions } from './typeorm-transactions.js';

@Injectable()
export class TypeOrmGrantStore extends GrantStore {
  constructor(private readonly database: TypeOrmTransactions) {
    super();
  }

  async insert(grant: Grant, transaction: Transaction): Promise<void> {
    const { id, issuer, subject, clientId, loginId, sid } = grant;
    assertStorable(grant, [id, issuer, subject, clientId, loginId, sid]);
    await this.database.query(
      (manager) => insertRow(manager, GrantEntity, rowOf(grant)),
      transaction,
    );
  }

  async find(id: string, transaction?: Transaction): Promise<Grant | null> {
    if (!isStorable(id)) return null;
    const row = await this.database.findOne(GrantEntity, { id }, transaction);
    return row && grantOf(row);
  }

  async listAlive(
    { user, clientId, loginId }: GrantFilter,
    at: Date,
    limit: number,
    transaction?: Transaction,
  ): Promise<readonly Grant[]> {
    const texts = [user?.issuer, user?.subject, clientId, loginId];
    if (!texts.every((text = '') => isStorable(text))) return [];
    return this.database.query(async (manager) => {
      const rows = await manager.find(GrantEntity, {
        where: {
          ...(user && { issuer: user.issuer, subject: user.subject }),
          ...(clientId !== undefined && { clientId }),
          ...(loginId !== undefined && { loginId }),
          endedAt: IsNull(),
          expiresAt: MoreThan(at),
        },
        order: { id: 'ASC' },
        take: limit,
      });
      return rows.map(grantOf);
    }, transaction);
  }

  async end(
    ids: readonly string[],
    ending: Ending,
    transaction: Transaction,
  ): Promise<readonly string[]> {
    assertStorable(ending, []);
    return this.database.query(async (manager) => {
      const grants = tableOf(manager, GrantEntity);
      // Rows are locked in the order of their ids, so that two of these never wait for each other.
      const ended = await manager.query<{ id: string }[]>(
        `WITH standing AS (
           SELECT id FROM ${grants} WHERE id = ANY($1) AND ended_at IS NULL
            ORDER BY id FOR NO KEY UPDATE
         ), ended AS (
           UPDATE ${grants} AS present SET ended_at = $2, ended_by = $3, end_reason = $4
             FROM standing WHERE present.id = standing.id
           RETURNING present.id
         ), revoked AS (
           UPDATE ${tableOf(manager, UserTokenEntity)} AS token
              SET revoked_at = $2, revoked_by = $3, revoke_reason = $4
             FROM ended
            WHERE token.grant_id = ended.id AND token.consumed_at IS NULL AND token.revoked_at IS NULL
         )
         SELECT id FROM ended`,
        [ids.filter(isStorable), ending.at, ending.by, ending.reason],
      );
      return ended.map(({ id }) => id);
    }, transaction);
  }

  async prune(before: Date, limit: number): Promise<number> {
    return this.database.query(async (manager) => {
      const grants = tableOf(manager, GrantEntity);
      const belongings = [AuthorizationCodeEntity, UserTokenEntity, OpaqueTokenEntity].map(
        (entity, index) =>
          `gone_${String(index)} AS (
             DELETE FROM ${tableOf(manager, entity)} AS present USING old
              WHERE present.grant_id = old.id
           )`,
      );
      const [, deleted] = await manager.query<[unknown, number]>(
        `WITH old AS (
           SELECT id FROM ${grants} WHERE expires_at < $1
            ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
         ), ${belongings.join(', ')}
         DELETE FROM ${grants} AS present USING old WHERE present.id = old.id`,
        [before, limit],
      );
      return deleted;
    });
  }
}

function rowOf({ device, ended, ...grant }: Grant) {
  return {
    ...grant,
    deviceName: device.name,
    address: device.address,
    userAgent: device.userAgent,
    endedAt: ended?.at ?? null,
    endedBy: ended?.by ?? null,
    endReason: ended?.reason ?? null,
  };
}

function grantOf(row: GrantEntity): Grant {
  const { deviceName, address, userAgent, endedAt, endedBy, endReason, ...grant } = row;
  return {
    ...grant,
    device: { name: deviceName, address, userAgent },
    ended:
      endedAt === null || endedBy === null ? null : { at: endedAt, by: endedBy, reason: endReason },
  };
}
