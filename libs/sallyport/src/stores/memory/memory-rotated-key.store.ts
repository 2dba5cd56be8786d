import { Injectable } from '@nestjs/common';
import { RotatedKeyStore } from '../../key-rotation/rotated-key.store.js';
import type { KeyState, RotatedKey } from '../../key-rotation/rotated-key.js';
import type { Transaction } from '../../transactions/transaction.js';
import { assertStorable } from '../storable-text.js';
import { MemoryDatabase, type MemoryTable } from './memory-database.js';

/** One table for each kind of key: a store has but one. */
@Injectable()
export class MemoryRotatedKeyStore<Key extends RotatedKey> extends RotatedKeyStore<Key> {
  private readonly keys: MemoryTable<Key>;

  constructor(database: MemoryDatabase) {
    super();
    this.keys = database.table();
  }

  async insert(key: Key, transaction: Transaction): Promise<boolean> {
    assertStorable(key, [key.kid]);
    if (this.keys.get(key.kid, transaction) || !this.hasRoom(key.state, transaction)) return false;
    this.keys.set(key.kid, key, transaction);
    return true;
  }

  async listCurrent(): Promise<readonly Key[]> {
    return this.keys
      .filter(({ state }) => state !== 'retired' && state !== 'revoked')
      .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.kid < b.kid ? -1 : 1));
  }

  async move(
    kid: string,
    from: KeyState,
    to: KeyState,
    at: Date,
    transaction: Transaction,
  ): Promise<boolean> {
    const key = this.keys.get(kid, transaction);
    if (key?.state !== from || !this.hasRoom(to, transaction)) return false;
    this.keys.set(kid, { ...key, state: to, stateSince: at }, transaction);
    return true;
  }

  private hasRoom(state: KeyState, transaction: Transaction): boolean {
    if (state !== 'next' && state !== 'active') return true;
    return this.keys.filter((key) => key.state === state, transaction).length === 0;
  }
}
