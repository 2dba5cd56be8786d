import { winnersOf20 } from '../transactions/transactions.contract.js';
import type { Transaction, Transactions } from '../transactions/transaction.js';
import type { UserStateStore } from './user-state.store.js';
import type { UserId } from './user.js';

interface Opened {
  readonly transactions: Transactions;
  readonly userStates: UserStateStore;
  close(): Promise<void>;
}

const at = new Date('2030-01-01T00:00:00.123Z');
const alice: UserId = { issuer: 'https://id.example.com', subject: "d'Artagnan 🗡" };

/** What every UserStateStore must do. */
export function describeUserStateStore(open: () => Promise<Opened>): void {
  let stores: Opened;
  beforeEach(async () => {
    stores = await open();
  });
  afterEach(() => stores.close());

  const run = <T>(work: (transaction: Transaction) => Promise<T>) => stores.transactions.run(work);
  const suspend = (user: UserId) => run((tx) => stores.userStates.suspend(user, at, tx));
  const reinstate = (user: UserId) => run((tx) => stores.userStates.reinstate(user, tx));

  it('has no record of a user who was never suspended', async () => {
    expect(await stores.userStates.find(alice)).toBeNull();
    expect(await reinstate(alice)).toBe(false);
  });

  it('suspends once and reinstates once, any number of times', async () => {
    for (let round = 0; round < 2; round++) {
      expect(await suspend(alice)).toBe(true);
      expect(await suspend(alice)).toBe(false);
      expect(await stores.userStates.find(alice)).toEqual({ ...alice, suspendedAt: at });
      expect(await reinstate(alice)).toBe(true);
      expect(await reinstate(alice)).toBe(false);
      expect((await stores.userStates.find(alice))?.suspendedAt).toBeNull();
    }
  });

  it('keeps users of two issuers apart [C74]', async () => {
    await suspend(alice);
    const namesake = { ...alice, issuer: 'https://other.example.com' };
    expect(await stores.userStates.find(namesake)).toBeNull();
  });

  it('lets one of 20 suspensions win, and one of 20 reinstatements', async () => {
    const { transactions, userStates } = stores;
    expect(await winnersOf20(transactions, (tx) => userStates.suspend(alice, at, tx))).toBe(1);
    expect(await winnersOf20(transactions, (tx) => userStates.reinstate(alice, tx))).toBe(1);
  });

  it('undoes the suspension of a transaction that fails', async () => {
    const failed = run(async (transaction) => {
      await stores.userStates.suspend(alice, at, transaction);
      throw new Error('later step');
    });
    await expect(failed).rejects.toThrow('later step');
    expect(await stores.userStates.find(alice)).toBeNull();
  });

  it.each(['a\0b', '\ud800'])('finds nothing for the hostile subject %#', async (subject) => {
    await suspend(alice);
    expect(await stores.userStates.find({ ...alice, subject })).toBeNull();
    expect(await reinstate({ ...alice, subject })).toBe(false);
    await expect(suspend({ ...alice, subject })).rejects.toMatchObject({
      code: 'ERR_INPUT_INVALID',
    });
  });
}
