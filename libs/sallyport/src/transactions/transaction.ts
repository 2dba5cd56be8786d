/**
 * A unit of work in the durable store. Opaque here: the TypeORM adapter makes one of the host's
 * `EntityManager` with `transactionOf(manager)`, so that the core knows no TypeORM.
 */
export abstract class Transaction {
  protected readonly opaque = true;
}

/** Port: how the durable stores begin a transaction. */
export abstract class Transactions {
  /**
   * Runs `work` in one transaction: all of its writes are kept, or none if it throws.
   * Joins `outer` when given one; whoever opened that commits it.
   */
  abstract run<T>(work: (transaction: Transaction) => Promise<T>, outer?: Transaction): Promise<T>;
}
