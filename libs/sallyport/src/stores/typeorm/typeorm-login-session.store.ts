import { Injectable } from '@nestjs/common';
import { IsNull, Not } from 'typeorm';
import { LoginSessionStore } from '../../logins/login-session.store.js';
import type { LoginSession, LoginSessionWrite } from '../../logins/login-session.js';
import type { Transaction } from '../../transactions/transaction.js';
import type { UserId } from '../../users/user.js';
import { assertStorable, isStorable } from '../storable-text.js';
import { LoginSessionEntity } from './entities/login-session.entity.js';
import { pruneExpired, tableOf } from './rows.js';
import { TypeOrmTransactions } from './typeorm-transactions.js';

@Injectable()
export class TypeOrmLoginSessionStore extends LoginSessionStore {
  constructor(private readonly database: TypeOrmTransactions) {
    super();
  }

  async put(session: LoginSessionWrite, transaction: Transaction): Promise<boolean> {
    const { id, cookieHash, issuer, subject, userEpoch, details, createdAt, expiresAt } = session;
    assertStorable(session, [id, cookieHash, issuer ?? '', subject ?? '']);
    return this.database.query(async (manager) => {
      const rows = await manager.query<unknown[]>(
        `INSERT INTO ${tableOf(manager, LoginSessionEntity)} AS present
           (id, cookie_hash, issuer, subject, user_epoch, details, created_at, expires_at)
         VALUES ($1, $2, $3, $4, COALESCE($5::integer, 0), $6, $7, $8)
         ON CONFLICT (id) DO UPDATE SET
           cookie_hash = EXCLUDED.cookie_hash,
           issuer = EXCLUDED.issuer,
           subject = EXCLUDED.subject,
           user_epoch = COALESCE($5::integer, present.user_epoch),
           details = EXCLUDED.details,
           expires_at = EXCLUDED.expires_at
           WHERE present.ended_at IS NULL
         RETURNING id`,
        [
          ...[id, cookieHash, issuer, subject, userEpoch],
          ...[JSON.stringify(details), createdAt, expiresAt],
        ],
      );
      return rows.length === 1;
    }, transaction);
  }

  async findByCookie(cookieHash: string): Promise<LoginSession | null> {
    return this.findOne({ cookieHash });
  }

  async find(id: string, transaction?: Transaction): Promise<LoginSession | null> {
    return this.findOne({ id }, transaction);
  }

  async end(id: string, at: Date, transaction: Transaction): Promise<boolean> {
    if (!isStorable(id)) return false;
    return this.database.query(async (manager) => {
      const standing = { id, endedAt: IsNull() };
      return (await manager.update(LoginSessionEntity, standing, { endedAt: at })).affected === 1;
    }, transaction);
  }

  async endOthers(
    { issuer, subject }: UserId,
    exceptId: string,
    at: Date,
    transaction: Transaction,
  ): Promise<number> {
    if (![issuer, subject, exceptId].every(isStorable)) return 0;
    return this.database.query(async (manager) => {
      const standing = { issuer, subject, id: Not(exceptId), endedAt: IsNull() };
      const { affected } = await manager.update(LoginSessionEntity, standing, { endedAt: at });
      return affected ?? 0;
    }, transaction);
  }

  async prune(before: Date, limit: number): Promise<number> {
    return this.database.query((manager) =>
      pruneExpired(manager, LoginSessionEntity, before, limit),
    );
  }

  private async findOne(
    where: { readonly id: string } | { readonly cookieHash: string },
    transaction?: Transaction,
  ): Promise<LoginSession | null> {
    if (!Object.values(where).every(isStorable)) return null;
    return this.database.findOne(LoginSessionEntity, where, transaction);
  }
}
