import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../transactions/transaction.js';
import { GrantStore, type GrantFilter } from '../../user-tokens/grant.store.js';
import type { Ending, Grant } from '../../user-tokens/grant.js';
import type { UserToken } from '../../user-tokens/user-token.js';
import { assertStorable } from '../storable-text.js';
import { MemoryFamilies } from './memory-families.js';

// Records are copied on their way in and out: the engine changes the details that it has been given.
@Injectable()
export class MemoryGrantStore extends GrantStore {
  constructor(private readonly families: MemoryFamilies) {
    super();
  }

  async insert(grant: Grant, transaction: Transaction): Promise<void> {
    const { id, issuer, subject, clientId, loginId, sid } = grant;
    assertStorable(grant, [id, issuer, subject, clientId, loginId, sid]);
    this.families.grants.set(id, structuredClone(grant), transaction);
  }

  async find(id: string, transaction?: Transaction): Promise<Grant | null> {
    return structuredClone(this.families.grants.get(id, transaction)) ?? null;
  }

  async listAlive(
    filter: GrantFilter,
    at: Date,
    limit: number,
    transaction?: Transaction,
  ): Promise<readonly Grant[]> {
    return this.families.grants
      .filter(
        (grant) => grant.ended === null && grant.expiresAt > at && isMeant(grant, filter),
        transaction,
      )
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, limit)
      .map((grant) => structuredClone(grant));
  }

  async end(
    ids: readonly string[],
    ending: Ending,
    transaction: Transaction,
  ): Promise<readonly string[]> {
    assertStorable(ending, []);
    const { grants, userTokens } = this.families;
    const standing = grants.filter(
      ({ id, ended }) => ids.includes(id) && ended === null,
      transaction,
    );
    const ended = new Set(standing.map(({ id }) => id));
    for (const grant of standing) grants.set(grant.id, { ...grant, ended: ending }, transaction);
    for (const token of userTokens.filter(isUnspent, transaction)) {
      if (!ended.has(token.grantId)) continue;
      const revoked = { revokedAt: ending.at, revokedBy: ending.by, revokeReason: ending.reason };
      userTokens.set(token.id, { ...token, ...revoked }, transaction);
    }
    return [...ended];
  }

  async prune(before: Date, limit: number): Promise<number> {
    const { database, grants, authorizationCodes, userTokens, opaqueTokens } = this.families;
    return database.run(async (transaction) => {
      const old = grants.filter(({ expiresAt }) => expiresAt < before, transaction).slice(0, limit);
      const ids = new Set<string | null>(old.map(({ id }) => id));
      const belongs = ({ grantId }: { readonly grantId: string | null }) => ids.has(grantId);
      for (const { id } of old) grants.delete(id, transaction);
      for (const { codeHash } of authorizationCodes.filter(belongs, transaction)) {
        authorizationCodes.delete(codeHash, transaction);
      }
      for (const { id } of userTokens.filter(belongs, transaction)) {
        userTokens.delete(id, transaction);
      }
      for (const { secretHash } of opaqueTokens.filter(belongs, transaction)) {
        opaqueTokens.delete(secretHash, transaction);
      }
      return old.length;
    });
  }
}

const isMeant = (grant: Grant, { user, clientId, loginId }: GrantFilter): boolean =>
  (user === undefined || (grant.issuer === user.issuer && grant.subject === user.subject)) &&
  (clientId === undefined || grant.clientId === clientId) &&
  (loginId === undefined || grant.loginId === loginId);

const isUnspent = ({ consumedAt, revokedAt }: UserToken): boolean =>
  consumedAt === null && revokedAt === null;
