import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../transactions/transaction.js';
import { UserTokenStore } from '../../user-tokens/user-token.store.js';
import type { Consumption, UserToken } from '../../user-tokens/user-token.js';
import type { UserId } from '../../users/user.js';
import { assertStorable } from '../storable-text.js';
import { MemoryFamilies } from './memory-families.js';

@Injectable()
export class MemoryUserTokenStore extends UserTokenStore {
  constructor(private readonly families: MemoryFamilies) {
    super();
  }

  async insert(token: UserToken, transaction: Transaction): Promise<void> {
    const { id, secretHash, grantId, issuer, subject, clientId, sid } = token;
    assertStorable(token, [secretHash, grantId, issuer, subject, clientId, sid]);
    this.families.userTokens.set(id, structuredClone(token), transaction);
  }

  async findByHash(secretHash: string): Promise<UserToken | null> {
    const [token] = this.families.userTokens.filter((found) => found.secretHash === secretHash);
    return structuredClone(token) ?? null;
  }

  async consume(
    id: string,
    { at, successorId, sealedAnswer }: Consumption,
    transaction: Transaction,
  ): Promise<UserToken | null> {
    assertStorable({ successorId, sealedAnswer }, []);
    const { userTokens } = this.families;
    const token = userTokens.get(id, transaction);
    if (token?.consumedAt !== null || token.revokedAt !== null) return null;

    const consumed = { ...token, consumedAt: at, successorId, sealedAnswer };
    for (const before of userTokens.filter((found) => found.successorId === id, transaction)) {
      userTokens.set(before.id, { ...before, sealedAnswer: null }, transaction);
    }
    userTokens.set(id, consumed, transaction);
    return structuredClone(consumed);
  }

  async listHeads(
    user: UserId,
    at: Date,
    limit: number,
    transaction?: Transaction,
  ): Promise<readonly UserToken[]> {
    return this.heads(user, transaction)
      .filter(({ idleEndsAt, endsAt }) => idleEndsAt > at && endsAt > at)
      .sort(lastUsedFirst)
      .slice(0, limit)
      .map((token) => structuredClone(token));
  }

  async rename(
    user: UserId,
    grantId: string,
    name: string | null,
    transaction: Transaction,
  ): Promise<boolean> {
    assertStorable({ name }, []);
    const heads = this.heads(user, transaction).filter((token) => token.grantId === grantId);
    for (const head of heads) {
      const renamed = { ...head, device: { ...head.device, name } };
      this.families.userTokens.set(head.id, renamed, transaction);
    }
    return heads.length > 0;
  }

  /** Nothing to do but to see that it is one of ours: transactions run one after the other. */
  async hold(_user: UserId, transaction: Transaction): Promise<void> {
    this.families.database.own(transaction);
  }

  private heads({ issuer, subject }: UserId, transaction?: Transaction): UserToken[] {
    const { grants, userTokens } = this.families;
    return userTokens.filter(
      (token) =>
        token.issuer === issuer &&
        token.subject === subject &&
        token.consumedAt === null &&
        token.revokedAt === null &&
        (grants.get(token.grantId, transaction)?.ended ?? null) === null,
      transaction,
    );
  }
}

const lastUsedFirst = (a: UserToken, b: UserToken): number =>
  b.lastUsedAt.getTime() - a.lastUsedAt.getTime() || (a.id < b.id ? 1 : -1);
