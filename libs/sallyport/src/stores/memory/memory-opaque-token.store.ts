import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../transactions/transaction.js';
import { OpaqueTokenStore } from '../../user-tokens/opaque-token.store.js';
import type { OpaqueToken } from '../../user-tokens/opaque-token.js';
import { assertStorable } from '../storable-text.js';
import { MemoryFamilies } from './memory-families.js';

@Injectable()
export class MemoryOpaqueTokenStore extends OpaqueTokenStore {
  constructor(private readonly families: MemoryFamilies) {
    super();
  }

  async insert(token: OpaqueToken, transaction: Transaction): Promise<void> {
    const { secretHash, grantId, clientId } = token;
    assertStorable(token, [secretHash, grantId ?? '', clientId]);
    this.families.opaqueTokens.set(secretHash, structuredClone(token), transaction);
  }

  async findByHash(secretHash: string): Promise<OpaqueToken | null> {
    return structuredClone(this.families.opaqueTokens.get(secretHash)) ?? null;
  }

  async revoke(secretHash: string, at: Date, transaction: Transaction): Promise<boolean> {
    const { opaqueTokens } = this.families;
    const token = opaqueTokens.get(secretHash, transaction);
    if (token?.revokedAt !== null) return false;
    opaqueTokens.set(secretHash, { ...token, revokedAt: at }, transaction);
    return true;
  }

  async prune(before: Date, limit: number): Promise<number> {
    const { database, opaqueTokens } = this.families;
    return database.run(async (transaction) => {
      const old = opaqueTokens
        .filter(({ expiresAt }) => expiresAt < before, transaction)
        .slice(0, limit);
      for (const { secretHash } of old) opaqueTokens.delete(secretHash, transaction);
      return old.length;
    });
  }
}
