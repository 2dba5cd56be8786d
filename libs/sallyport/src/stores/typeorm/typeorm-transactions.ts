import { Injectable } from '@nestjs/common';
import {
  DataSource,
  type EntityManager,
  type EntityTarget,
  type ObjectLiteral,
  type QueryRunner,
} from 'typeorm';
import { Transaction, Transactions } from '../../transactions/transaction.js';
import { guarded, guardedConnect, isUnanswered, withinDeadline } from './database-failure.js';
import { PreparedLookups } from './prepared-lookups.js';

const ROLLBACK_MILLISECONDS = 250;

class TypeOrmTransaction extends Transaction {
  constructor(readonly manager: EntityManager) {
    super();
  }
}

/** Lets a service join the transaction of `dataSource.transaction(async (manager) => …)`. */
export function transactionOf(manager: EntityManager): Transaction {
  if (manager.queryRunner?.isTransactionActive !== true) {
    throw new TypeError('transactionOf() needs the manager of an open transaction');
  }
  return new TypeOrmTransaction(manager);
}

/** What the stores work on: every statement runs in a given transaction, or on a connection of its own. */
@Injectable()
export class TypeOrmTransactions extends Transactions {
  private readonly lookups: PreparedLookups;

  constructor(private readonly dataSource: DataSource) {
    super();
    this.lookups = new PreparedLookups(dataSource);
  }

  async run<T>(work: (transaction: Transaction) => Promise<T>, outer?: Transaction): Promise<T> {
    if (outer !== undefined) return work(outer);

    return this.connected(async (runner) => {
      await guarded(() => runner.startTransaction());
      try {
        const result = await work(transactionOf(runner.manager));
        await guarded(() => runner.commitTransaction());
        return result;
      } catch (error) {
        if (!isUnanswered(error)) await rollback(runner);
        throw error;
      }
    });
  }

  /**
   * Runs one statement, in `transaction` when there is one. Inside a transaction everything must name
   * it: PGlite has one session, and whoever asks past it waits for itself.
   */
  async query<T>(
    statement: (manager: EntityManager) => Promise<T>,
    transaction?: Transaction,
  ): Promise<T> {
    if (transaction !== undefined) {
      const manager = managerOf(transaction);
      return guarded(() => statement(manager));
    }
    return this.connected((runner) => guarded(() => statement(runner.manager)));
  }

  /** The one row with these values, which a unique index must be on: prepared once per connection. */
  async findOne<Row extends ObjectLiteral>(
    entity: EntityTarget<Row>,
    where: Readonly<Partial<Row>>,
    transaction?: Transaction,
  ): Promise<Row | null> {
    const lookup = this.lookups.of(entity, Object.keys(where));
    const values = Object.values<unknown>(where);
    if (transaction === undefined) return lookup.rowOf(await this.lookups.run(lookup, values));
    const statement = (manager: EntityManager) =>
      manager.query<ObjectLiteral[]>(lookup.text, values);
    return lookup.rowOf(await this.query(statement, transaction));
  }

  /** Whether the database answers. Rejects, or takes as long as any statement may, when it does not. */
  async ping(): Promise<boolean> {
    await this.query((manager) => manager.query('SELECT 1'));
    return true;
  }

  private async connected<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    const connecting = Promise.try(() => runner.connect());
    try {
      await guardedConnect(connecting);
    } catch (error) {
      // A connection that comes too late goes back unused.
      void connecting.then(() => runner.release()).catch(() => undefined);
      throw error;
    }
    try {
      return await work(runner);
    } catch (error) {
      if (isUnanswered(error)) await disconnect(runner);
      throw error;
    } finally {
      await runner.release();
    }
  }
}

function managerOf(transaction: Transaction): EntityManager {
  if (transaction instanceof TypeOrmTransaction) return transaction.manager;
  throw new TypeError('the transaction is not one of transactionOf() or TypeOrmTransactions');
}

/** Without an answer the connection is closed instead, which ends the transaction as well. */
async function rollback(runner: QueryRunner): Promise<void> {
  if (runner.isReleased || !runner.isTransactionActive) return;
  try {
    await withinDeadline(runner.rollbackTransaction(), ROLLBACK_MILLISECONDS);
  } catch {
    await disconnect(runner);
  }
}

/** The pool keeps no client that has ended. `end()` of `pg` does not wait for a statement that hangs. */
async function disconnect(runner: QueryRunner): Promise<void> {
  const client = (await runner.connect()) as { end(): Promise<void> };
  void client.end().catch(() => undefined);
}
