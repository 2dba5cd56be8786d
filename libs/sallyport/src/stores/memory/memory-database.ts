import { Injectable } from '@nestjs/common';
import { Transaction, Transactions } from '../../transactions/transaction.js';

/**
 * Durable records kept in the process, for tests and development. Transactions run one after the
 * other. Their writes are seen by reads that name the transaction, and by others once it has committed.
 */
@Injectable()
export class MemoryDatabase extends Transactions {
  private lastTurn: Promise<void> = Promise.resolve();

  table<Row extends object>(): MemoryTable<Row> {
    return new MemoryTable(this);
  }

  async run<T>(work: (transaction: Transaction) => Promise<T>, outer?: Transaction): Promise<T> {
    if (outer !== undefined) return work(this.own(outer));

    const turn: PromiseWithResolvers<void> = Promise.withResolvers();
    const turnBefore = this.lastTurn;
    this.lastTurn = turn.promise;
    await turnBefore;
    const transaction = new MemoryTransaction(this);
    try {
      const result = await work(transaction);
      transaction.commit();
      return result;
    } finally {
      transaction.end();
      turn.resolve();
    }
  }

  own(transaction: Transaction): MemoryTransaction {
    if (transaction instanceof MemoryTransaction && transaction.database === this) {
      return transaction;
    }
    throw new TypeError('the transaction is not one of this MemoryDatabase');
  }
}

/** Rows by key, in the order in which they were first written. */
export class MemoryTable<Row extends object> {
  private readonly rows = new Map<string, Row>();

  constructor(private readonly database: MemoryDatabase) {}

  get(key: string, transaction?: Transaction): Row | undefined {
    const pending = transaction && this.database.own(transaction).writesTo(this).get(key);
    return pending === undefined ? this.rows.get(key) : (pending ?? undefined);
  }

  /** Rows that match; with a transaction, as it would leave them. */
  filter(matches: (row: Row) => boolean, transaction?: Transaction): Row[] {
    const rows = transaction
      ? new Map([...this.rows, ...this.database.own(transaction).writesTo(this)])
      : this.rows;
    return [...rows.values()].filter((row): row is Row => row !== null && matches(row));
  }

  set(key: string, row: Row, transaction: Transaction): void {
    this.database
      .own(transaction)
      .writesTo(this)
      .set(key, Object.freeze({ ...row }));
  }

  delete(key: string, transaction: Transaction): void {
    this.database.own(transaction).writesTo(this).set(key, null);
  }

  /** @internal */
  apply(writes: ReadonlyMap<string, Row | null>): void {
    for (const [key, row] of writes) {
      if (row === null) this.rows.delete(key);
      else this.rows.set(key, row);
    }
  }
}

class MemoryTransaction extends Transaction {
  private readonly writes = new Map<object, Map<string, object | null>>();
  private isOpen = true;

  constructor(readonly database: MemoryDatabase) {
    super();
  }

  writesTo<Row extends object>(table: MemoryTable<Row>): Map<string, Row | null> {
    if (!this.isOpen) throw new TypeError('the transaction has ended');
    const writes = this.writes.get(table) ?? new Map<string, object | null>();
    this.writes.set(table, writes);
    return writes as Map<string, Row | null>;
  }

  /** Without a pause in between, so that no read sees half of it. */
  commit(): void {
    for (const [table, writes] of this.writes) {
      (table as MemoryTable<object>).apply(writes);
    }
  }

  end(): void {
    this.isOpen = false;
  }
}
