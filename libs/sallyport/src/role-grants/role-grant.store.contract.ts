import { winnersOf20 } from '../transactions/transactions.contract.js';
import type { Transaction, Transactions } from '../transactions/transaction.js';
import type { RoleGrantStore } from './role-grant.store.js';
import type { RoleGrant } from './role-grant.js';

interface Opened {
  readonly transactions: Transactions;
  readonly roleGrants: RoleGrantStore;
  close(): Promise<void>;
}

const uuid = (number: number): string =>
  `0190a1b2-0000-7000-8000-${String(number).padStart(12, '0')}`;

const grant = (number: number, changes: Partial<RoleGrant> = {}): RoleGrant => ({
  id: uuid(number),
  user: { issuer: 'https://id.example.com', subject: 'Алиса' },
  clientId: 'backoffice-web',
  role: 'admin',
  grantedAt: new Date('2030-01-01T00:00:00.123Z'),
  grantedBy: 'client:operator',
  ...changes,
});

/** What every RoleGrantStore must do. */
export function describeRoleGrantStore(open: () => Promise<Opened>): void {
  let stores: Opened;
  beforeEach(async () => {
    stores = await open();
  });
  afterEach(() => stores.close());

  const run = <T>(work: (transaction: Transaction) => Promise<T>) => stores.transactions.run(work);
  const insert = (given: RoleGrant) => run((tx) => stores.roleGrants.insert(given, tx));
  const remove = (given: RoleGrant) => run((tx) => stores.roleGrants.remove(given, tx));
  const { user } = grant(0);

  it('lists the grants of a user as they were inserted, and of no other', async () => {
    const anyClient = grant(2, { clientId: null });
    await insert(grant(1));
    await insert(anyClient);
    await insert(grant(3, { user: { ...user, subject: 'bob' } }));
    await insert(grant(4, { user: { ...user, issuer: 'https://other.example.com' } }));
    expect(await stores.roleGrants.listByUser(user)).toEqual([grant(1), anyClient]);
  });

  it.each(['backoffice-web', null])('keeps a role in client %p once', async (clientId) => {
    expect(await insert(grant(1, { clientId }))).toBe(true);
    await run(async (transaction) => {
      const again = grant(2, { clientId, grantedBy: 'other' });
      expect(await stores.roleGrants.insert(again, transaction)).toBe(false);
      const other = grant(3, { clientId, role: 'viewer' });
      expect(await stores.roleGrants.insert(other, transaction)).toBe(true);
    });
    const roles = (await stores.roleGrants.listByUser(user)).map(({ role }) => role);
    expect(roles).toEqual(['admin', 'viewer']);
  });

  it.each(['backoffice-web', null])('withdraws a role in client %p once', async (clientId) => {
    await insert(grant(1));
    await insert(grant(2, { clientId: null }));
    expect(await remove(grant(9, { clientId }))).toBe(true);
    expect(await remove(grant(9, { clientId }))).toBe(false);
    const left = (await stores.roleGrants.listByUser(user)).map((found) => found.clientId);
    expect(left).toEqual([clientId === null ? 'backoffice-web' : null]);
  });

  it.each(['backoffice-web', null])('lets one of 20 grants in client %p win', async (clientId) => {
    const { transactions, roleGrants } = stores;
    const winners = await winnersOf20(transactions, (tx, index) =>
      roleGrants.insert(grant(index, { clientId }), tx),
    );
    expect(winners).toBe(1);
    expect(await roleGrants.listByUser(user)).toHaveLength(1);
  });

  it.each(['backoffice-web', null])(
    'lets one of 20 withdrawals in client %p win',
    async (clientId) => {
      await insert(grant(1, { clientId }));
      const { transactions, roleGrants } = stores;
      const winners = await winnersOf20(transactions, (tx) =>
        roleGrants.remove(grant(1, { clientId }), tx),
      );
      expect(winners).toBe(1);
    },
  );

  it('undoes a grant and a withdrawal of a transaction that fails', async () => {
    await insert(grant(1));
    const failed = run(async (transaction) => {
      await stores.roleGrants.remove(grant(1), transaction);
      await stores.roleGrants.insert(grant(2, { role: 'viewer' }), transaction);
      throw new Error('later step');
    });
    await expect(failed).rejects.toThrow('later step');
    expect(await stores.roleGrants.listByUser(user)).toEqual([grant(1)]);
  });

  it.each(["a'b", 'Алиса\0', '\ud800', '', '%', 'x'.repeat(5000)])(
    'finds nothing for the hostile subject %#',
    async (subject) => {
      await insert(grant(1));
      expect(await stores.roleGrants.listByUser({ ...user, subject })).toEqual([]);
      expect(await remove(grant(1, { user: { ...user, subject } }))).toBe(false);
      expect(await remove(grant(1, { role: subject }))).toBe(false);
    },
  );

  it.each(['a\0b', '\udfff', 'x'.repeat(5000)])(
    'refuses to keep the subject %#',
    async (subject) => {
      await expect(insert(grant(1, { user: { ...user, subject } }))).rejects.toMatchObject({
        code: 'ERR_INPUT_INVALID',
      });
    },
  );
}
