import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../transactions/transaction.js';
import { UserStateStore } from '../../users/user-state.store.js';
import type { UserId, UserState } from '../../users/user.js';
import { assertStorable } from '../storable-text.js';
import { MemoryDatabase, type MemoryTable } from './memory-database.js';

@Injectable()
export class MemoryUserStateStore extends UserStateStore {
  private readonly states: MemoryTable<UserState>;

  constructor(database: MemoryDatabase) {
    super();
    this.states = database.table();
  }

  async find(user: UserId): Promise<UserState | null> {
    return this.states.get(keyOf(user)) ?? null;
  }

  async suspend(user: UserId, at: Date, transaction: Transaction): Promise<boolean> {
    const { issuer, subject } = user;
    assertStorable({}, [issuer, subject]);
    const suspendedAt = this.states.get(keyOf(user), transaction)?.suspendedAt ?? null;
    if (suspendedAt !== null) return false;
    this.states.set(keyOf(user), { issuer, subject, suspendedAt: at }, transaction);
    return true;
  }

  async reinstate(user: UserId, transaction: Transaction): Promise<boolean> {
    const state = this.states.get(keyOf(user), transaction);
    if (state === undefined || state.suspendedAt === null) return false;
    this.states.set(keyOf(user), { ...state, suspendedAt: null }, transaction);
    return true;
  }
}

const keyOf = ({ issuer, subject }: UserId): string => JSON.stringify([issuer, subject]);
