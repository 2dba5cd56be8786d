import { winnersOf20 } from '../transactions/transactions.contract.js';
import type { Transaction, Transactions } from '../transactions/transaction.js';
import type { UserId } from '../users/user.js';
import type { ConsentStore } from './consent.store.js';
import type { Consent } from './consent.js';

interface Opened {
  readonly transactions: Transactions;
  readonly consents: ConsentStore;
  close(): Promise<void>;
}

const at = (second: number): Date => new Date(Date.UTC(2030, 0, 1, 0, 0, second, 123));

const alice: UserId = { issuer: 'https://id.example.com', subject: 'Алиса "A" \\' };

const consent = (changes: Partial<Consent> = {}): Consent => ({
  ...alice,
  clientId: 'partner-app',
  scope: ['invoices:read', 'openid'],
  grantedAt: at(1),
  ...changes,
});

/** What every ConsentStore must do. */
export function describeConsentStore(open: () => Promise<Opened>): void {
  let stores: Opened;
  beforeEach(async () => {
    stores = await open();
  });
  afterEach(() => stores.close());

  const run = <T>(work: (transaction: Transaction) => Promise<T>) => stores.transactions.run(work);
  const add = (given: Consent) => run((tx) => stores.consents.add(given, tx));
  const remove = (tx: Transaction) => stores.consents.remove(alice, 'partner-app', tx);
  const find = (clientId = 'partner-app') => stores.consents.find(alice, clientId);

  it.each([[['invoices:read', 'openid']], [[]]])(
    'finds what a user agreed to, as it was added: %p',
    async (scope) => {
      await add(consent({ scope }));
      expect(await find()).toEqual(consent({ scope }));
    },
  );

  it('adds to what the user agreed to before, sorted, each value once', async () => {
    await add(consent({ scope: ['openid', 'b', 'openid'] }));
    expect((await find())?.scope).toEqual(['b', 'openid']);
    await add(consent({ scope: ['a:{1,"2"}', 'B', 'b', 'Z_', 'Z-'], grantedAt: at(3) }));
    const scope = ['B', 'Z-', 'Z_', 'a:{1,"2"}', 'b', 'openid'];
    expect(await find()).toEqual(consent({ scope, grantedAt: at(3) }));
    await add(consent({ scope: [], grantedAt: at(2) }));
    expect(await find()).toEqual(consent({ scope, grantedAt: at(3) }));
  });

  it('keeps what 20 add at once', async () => {
    const scopes = Array.from({ length: 20 }, (_, index) => `scope${String(index)}`);
    await Promise.all(scopes.map((scope) => add(consent({ scope: [scope] }))));
    expect((await find())?.scope).toEqual(scopes.toSorted());
  });

  it('keeps users, issuers and clients apart [C74]', async () => {
    await add(consent({ subject: 'bob', scope: ['a'] }));
    await add(consent({ issuer: 'https://other.example.com', scope: ['b'] }));
    await add(consent({ clientId: 'other-app', scope: ['c'] }));
    expect(await find()).toBeNull();
    expect((await find('other-app'))?.scope).toEqual(['c']);
  });

  it('lists the consents of one user in byte order of client ids', async () => {
    for (const clientId of ['b', 'a_', 'B', 'a-']) await add(consent({ clientId }));
    await add(consent({ clientId: 'a', subject: 'bob' }));
    await add(consent({ clientId: 'a', issuer: 'https://other.example.com' }));
    expect(await stores.consents.list(alice)).toEqual(
      ['B', 'a-', 'a_', 'b'].map((clientId) => consent({ clientId })),
    );
  });

  it('takes a consent back once, and no other [C55]', async () => {
    await add(consent());
    await add(consent({ clientId: 'other-app' }));
    await add(consent({ subject: 'bob' }));
    expect(await run(remove)).toBe(true);
    expect(await run(remove)).toBe(false);
    expect(await find()).toBeNull();
    expect(await find('other-app')).not.toBeNull();
    expect(await stores.consents.list({ ...alice, subject: 'bob' })).toHaveLength(1);
  });

  it('forgets what was agreed to before it was taken back', async () => {
    await add(consent({ scope: ['a', 'b'] }));
    await run(remove);
    await add(consent({ scope: ['c'] }));
    expect((await find())?.scope).toEqual(['c']);
  });

  it('lets one of 20 who take a consent back win', async () => {
    await add(consent());
    expect(await winnersOf20(stores.transactions, remove)).toBe(1);
  });

  it('undoes what a transaction added and took back that fails', async () => {
    await add(consent());
    const failed = run(async (transaction) => {
      await stores.consents.add(consent({ clientId: 'other-app' }), transaction);
      await remove(transaction);
      throw new Error('later step');
    });
    await expect(failed).rejects.toThrow('later step');
    expect(await stores.consents.list(alice)).toEqual([consent()]);
  });

  it.each(["a'b", 'a\0b', '\ud800', '', '%', 'x'.repeat(5000)])(
    'finds nothing under the hostile text %#, and the transaction stays usable',
    async (text) => {
      await add(consent());
      expect(await find(text)).toBeNull();
      for (const stranger of [
        { ...alice, subject: text },
        { ...alice, issuer: text },
      ]) {
        expect(await stores.consents.find(stranger, 'partner-app')).toBeNull();
        expect(await stores.consents.list(stranger)).toEqual([]);
      }
      await run(async (transaction) => {
        expect(await stores.consents.remove(alice, text, transaction)).toBe(false);
        expect(await remove(transaction)).toBe(true);
      });
    },
  );

  it.each<Partial<Consent>>([
    { clientId: 'a\0b' },
    { subject: '\udfff' },
    { issuer: 'x'.repeat(5000) },
    { scope: ['openid', 'a\0b'] },
  ])('refuses to keep the hostile text %#, and the transaction stays usable', async (changes) => {
    await run(async (transaction) => {
      const refused = stores.consents.add(consent(changes), transaction);
      await expect(refused).rejects.toMatchObject({ code: 'ERR_INPUT_INVALID' });
      await stores.consents.add(consent(), transaction);
    });
    expect(await find()).toEqual(consent());
  });
}
