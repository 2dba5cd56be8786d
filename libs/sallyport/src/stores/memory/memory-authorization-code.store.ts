import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../transactions/transaction.js';
import { AuthorizationCodeStore } from '../../user-tokens/authorization-code.store.js';
import type { AuthorizationCode } from '../../user-tokens/authorization-code.js';
import { assertStorable } from '../storable-text.js';
import type { MemoryTable } from './memory-database.js';
import { MemoryFamilies } from './memory-families.js';

@Injectable()
export class MemoryAuthorizationCodeStore extends AuthorizationCodeStore {
  private readonly codes: MemoryTable<AuthorizationCode>;

  constructor({ authorizationCodes }: MemoryFamilies) {
    super();
    this.codes = authorizationCodes;
  }

  async insert(code: AuthorizationCode, transaction: Transaction): Promise<void> {
    assertStorable(code, [code.codeHash, code.grantId]);
    this.codes.set(code.codeHash, structuredClone(code), transaction);
  }

  async find(codeHash: string): Promise<AuthorizationCode | null> {
    return structuredClone(this.codes.get(codeHash)) ?? null;
  }

  async consume(codeHash: string, at: Date, transaction: Transaction): Promise<boolean> {
    const code = this.codes.get(codeHash, transaction);
    if (code?.consumedAt !== null) return false;
    this.codes.set(codeHash, { ...code, consumedAt: at }, transaction);
    return true;
  }
}
