import { setTimeout } from 'node:timers/promises';
import type { Transaction, Transactions } from '../transactions/transaction.js';

const PAUSE_MILLISECONDS = 50;

/**
 * Begins `second` when `first` has done its work but not yet ended, and then commits or rolls back `first`. Tells
 * whether the second was waiting until then, and what it returned.
 */
export async function overlapping<T>(
  transactions: Transactions,
  first: (transaction: Transaction) => Promise<unknown>,
  firstEnds: 'commit' | 'rollback',
  second: (transaction: Transaction) => Promise<T>,
): Promise<{ readonly hasWaited: boolean; readonly result: T }> {
  const done: PromiseWithResolvers<void> = Promise.withResolvers();
  const release: PromiseWithResolvers<void> = Promise.withResolvers();
  const outcome = transactions
    .run(async (transaction) => {
      await first(transaction);
      done.resolve();
      await release.promise;
      if (firstEnds === 'rollback') throw new Error('rollback');
    })
    .catch((error: unknown) => {
      done.reject(error);
      if (firstEnds === 'commit') throw error;
    });
  await done.promise;
  const following = transactions.run(second);
  const hasWaited = await Promise.race([
    following.then(() => false),
    setTimeout(PAUSE_MILLISECONDS, true),
  ]);
  release.resolve();
  await outcome;
  return { hasWaited, result: await following };
}
