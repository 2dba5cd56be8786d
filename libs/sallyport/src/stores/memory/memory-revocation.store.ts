import { Injectable } from '@nestjs/common';
import {
  RevocationStore,
  type RevocationChanges,
  type RevocationCursor,
} from '../../revocation/revocation.store.js';
import type {
  Revocation,
  RevocationChange,
  RevocationKey,
  RevocationKind,
  RevocationMark,
} from '../../revocation/revocation.js';
import type { Transaction } from '../../transactions/transaction.js';
import { assertStorable, isLongIdentifier } from '../storable-text.js';
import { MemoryDatabase, type MemoryTable } from './memory-database.js';

interface Row extends Revocation {
  readonly isPublished: boolean;
  /** Transactions take turns, so that they commit in the order of these numbers. */
  readonly turn: number;
}

@Injectable()
export class MemoryRevocationStore extends RevocationStore {
  private readonly rows: MemoryTable<Row>;
  private turn = 0;

  constructor(private readonly database: MemoryDatabase) {
    super();
    this.rows = database.table();
  }

  async raise(
    revocation: Omit<Revocation, 'epoch'>,
    transaction: Transaction,
  ): Promise<RevocationMark> {
    assertStorable(revocation, [revocation.key], isLongIdentifier);
    const present = this.rows.get(revocation.key, transaction);
    const row: Row = {
      ...revocation,
      epoch: (present?.epoch ?? 0) + 1,
      revokedAt: later(present?.revokedAt ?? null, revocation.revokedAt),
      changedAt: later(present?.changedAt ?? null, revocation.changedAt) ?? revocation.changedAt,
      isPublished: false,
      turn: ++this.turn,
    };
    this.rows.set(row.key, row, transaction);
    return { epoch: row.epoch, revokedAt: row.revokedAt };
  }

  async marks(
    keys: readonly RevocationKey[],
    transaction?: Transaction,
  ): Promise<readonly (RevocationMark | null)[]> {
    return keys.map((key) => {
      const row = this.rows.get(key, transaction);
      return row ? { epoch: row.epoch, revokedAt: row.revokedAt } : null;
    });
  }

  async unpublished(limit: number): Promise<readonly RevocationChange[]> {
    return this.rows
      .filter((row) => !row.isPublished)
      .sort((a, b) => a.changedAt.getTime() - b.changedAt.getTime() || byKey(a, b))
      .slice(0, limit)
      .map(revocationOf);
  }

  async markPublished(published: readonly Pick<Revocation, 'key' | 'epoch'>[]): Promise<void> {
    await this.database.run(async (transaction) => {
      for (const { key, epoch } of published) {
        const row = this.rows.get(key, transaction);
        if (row?.epoch === epoch) this.rows.set(key, { ...row, isPublished: true }, transaction);
      }
    });
  }

  async position(): Promise<RevocationCursor> {
    const turns = this.rows.filter(() => true).map(({ turn }) => turn);
    return String(turns.reduce((last, turn) => Math.max(last, turn), 0));
  }

  async changesSince(cursor: RevocationCursor, limit: number): Promise<RevocationChanges> {
    const later = this.rows
      .filter(({ turn }) => turn > Number(cursor))
      .sort((a, b) => a.turn - b.turn);
    const changes = later.slice(0, limit);
    return {
      changes: changes.map(revocationOf),
      cursor: String(changes.at(-1)?.turn ?? cursor),
      isComplete: changes.length === later.length,
    };
  }

  async changedSince(
    since: Date,
    afterKey: RevocationKey | null,
    limit: number,
  ): Promise<readonly RevocationChange[]> {
    return this.rows
      .filter((row) => row.changedAt >= since && (afterKey === null || row.key > afterKey))
      .sort(byKey)
      .slice(0, limit)
      .map(revocationOf);
  }

  async prune(kinds: readonly RevocationKind[], before: Date, limit: number): Promise<number> {
    return this.database.run(async (transaction) => {
      const old = this.rows
        .filter((row) => row.changedAt < before && kinds.includes(row.kind), transaction)
        .slice(0, limit);
      for (const { key } of old) this.rows.delete(key, transaction);
      return old.length;
    });
  }
}

const byKey = (a: Row, b: Row): number => (a.key < b.key ? -1 : 1);

const later = (a: Date | null, b: Date | null): Date | null =>
  a === null || (b !== null && b > a) ? b : a;

function revocationOf({ isPublished: _, turn: __, ...revocation }: Row): Revocation {
  return revocation;
}
