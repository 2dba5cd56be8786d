import { winnersOf20 } from '../transactions/transactions.contract.js';
import type { Transaction, Transactions } from '../transactions/transaction.js';
import type { ApiKeyStore } from './api-key.store.js';
import type { ApiKey, ApiKeyChanges, ApiKeyUse } from './api-key.js';

interface Opened {
  readonly transactions: Transactions;
  readonly apiKeys: ApiKeyStore;
  close(): Promise<void>;
}

const at = (second: number): Date => new Date(Date.UTC(2030, 0, 1, 0, 0, second, 123));

const key: ApiKey = {
  id: 'AAAAAAAAAAAAAAA1',
  secretHash: 'a1'.repeat(32),
  prefix: 'sp',
  isForeign: false,
  environment: 'live',
  name: 'Ключ № 1 "main" 🔑',
  clientId: 'partner',
  user: { issuer: 'https://id.example.com', subject: "o'brien" },
  scope: ['invoices:read', 'a "quoted",{scope}'],
  addressRanges: ['192.0.2.0/24', '2001:db8::/32'],
  signedOnly: true,
  sealedSigningSecret: 'v1.kid.nonce.sealed',
  clientEpoch: 3,
  userEpoch: 4,
  createdAt: at(0),
  expiresAt: at(100),
  revokedAt: null,
  replacedBy: null,
  lastUsedAt: at(1),
  useCount: 2 ** 40,
};

const bare: ApiKey = {
  ...key,
  id: 'BBBBBBBBBBBBBBB2',
  environment: 'test',
  user: null,
  scope: [],
  addressRanges: [],
  signedOnly: false,
  sealedSigningSecret: null,
  clientEpoch: 0,
  userEpoch: 0,
  expiresAt: null,
  lastUsedAt: null,
  useCount: 0,
};

const foreign = (id: string, secretHash: string): ApiKey => ({
  ...bare,
  id,
  secretHash,
  prefix: 'old',
  isForeign: true,
});

/** What every ApiKeyStore must do. */
export function describeApiKeyStore(open: () => Promise<Opened>): void {
  let stores: Opened;
  beforeEach(async () => {
    stores = await open();
  });
  afterEach(() => stores.close());

  const run = <T>(work: (transaction: Transaction) => Promise<T>) => stores.transactions.run(work);
  const insert = (given: ApiKey) => run((tx) => stores.apiKeys.insert(given, tx));
  const update = (id: string, changes: ApiKeyChanges) =>
    run((tx) => stores.apiKeys.update(id, changes, tx));
  const record = (uses: readonly ApiKeyUse[]) => run((tx) => stores.apiKeys.recordUses(uses, tx));
  const revoke = (id: string) => run((tx) => stores.apiKeys.revoke(id, at(5), tx));
  const supersede = (id: string, when = at(10), endsAt = at(50)) =>
    run((tx) =>
      stores.apiKeys.supersede(id, { replacedBy: 'CCCCCCCCCCCCCCC3', at: when, endsAt }, tx),
    );
  const idsOf = (keys: readonly ApiKey[]) => keys.map(({ id }) => id);

  it.each([key, bare])('finds the key $id as it was inserted', async (given) => {
    expect(await insert(given)).toBe(true);
    expect(await stores.apiKeys.find(given.id)).toEqual(given);
  });

  it('refuses a taken id, and the transaction stays usable', async () => {
    await insert(key);
    await run(async (transaction) => {
      expect(await stores.apiKeys.insert({ ...bare, id: key.id }, transaction)).toBe(false);
      expect(await stores.apiKeys.insert(bare, transaction)).toBe(true);
    });
    expect(await stores.apiKeys.find(key.id)).toEqual(key);
    expect(await stores.apiKeys.find(bare.id)).toEqual(bare);
  });

  it('finds imported keys by hash, and refuses the same one twice', async () => {
    const imported = foreign('CCCCCCCCCCCCCCC3', 'cc'.repeat(32));
    expect(await insert(imported)).toBe(true);
    expect(await insert(foreign('DDDDDDDDDDDDDDD4', 'cc'.repeat(32)))).toBe(false);
    expect(await stores.apiKeys.findForeign('cc'.repeat(32))).toEqual(imported);
  });

  it('does not find our own keys by hash', async () => {
    await insert(key);
    expect(await stores.apiKeys.findForeign(key.secretHash)).toBeNull();
    expect(await insert(foreign('CCCCCCCCCCCCCCC3', key.secretHash))).toBe(true);
  });

  it('lets one of 20 imports of one key win', async () => {
    const { transactions, apiKeys } = stores;
    const winners = await winnersOf20(transactions, (tx, index) =>
      apiKeys.insert(
        foreign(`CCCCCCCCCCCCCC${String(index).padStart(2, '0')}`, 'cc'.repeat(32)),
        tx,
      ),
    );
    expect(winners).toBe(1);
  });

  it('lists the pages of a client, newest first, in byte order within an instant', async () => {
    const made = (id: string, second: number, clientId = 'partner') =>
      insert({ ...bare, id, clientId, createdAt: at(second) });
    await made('a', 1);
    await made('B', 1);
    await made('c', 2);
    await made('d', 3);
    await made('e', 4, 'other');
    const list = async (limit: number, after?: string) =>
      idsOf(
        await stores.apiKeys.listByClient('partner', {
          limit,
          ...(after !== undefined && { after }),
        }),
      );
    expect(await list(10)).toEqual(['d', 'c', 'a', 'B']);
    expect(await list(2)).toEqual(['d', 'c']);
    expect(await list(2, 'c')).toEqual(['a', 'B']);
    expect(await list(2, 'a')).toEqual(['B']);
    expect(await list(2, 'e')).toEqual([]);
    expect(await list(2, 'unknown')).toEqual([]);
  });

  it('changes what it is told to and nothing else', async () => {
    await insert(key);
    const changes = {
      name: 'renamed',
      scope: [],
      addressRanges: ['::1/128'],
      signedOnly: false,
      expiresAt: null,
    };
    expect(await update(key.id, { name: 'renamed' })).toBe(true);
    expect(await stores.apiKeys.find(key.id)).toEqual({ ...key, name: 'renamed' });
    expect(await update(key.id, changes)).toBe(true);
    expect(await stores.apiKeys.find(key.id)).toEqual({ ...key, ...changes });
    expect(await update(key.id, {})).toBe(true);
    expect(await update('unknown', { name: 'x' })).toBe(false);
  });

  it('leaves a revoked key alone', async () => {
    await insert(key);
    expect(await revoke(key.id)).toBe(true);
    expect(await revoke(key.id)).toBe(false);
    expect(await update(key.id, { name: 'x' })).toBe(false);
    expect(await supersede(key.id)).toBe(false);
    expect(await stores.apiKeys.find(key.id)).toEqual({ ...key, revokedAt: at(5) });
  });

  it('ends a superseded key at the end of the overlap, once', async () => {
    await insert(key);
    expect(await supersede(key.id)).toBe(true);
    expect(await supersede(key.id)).toBe(false);
    expect(await stores.apiKeys.find(key.id)).toMatchObject({
      replacedBy: 'CCCCCCCCCCCCCCC3',
      expiresAt: at(50),
    });
  });

  it('ends a key without expiry, and does not lengthen one that ends sooner', async () => {
    await insert(bare);
    await insert(key);
    await supersede(bare.id);
    await supersede(key.id, at(10), at(500));
    expect((await stores.apiKeys.find(bare.id))?.expiresAt).toEqual(at(50));
    expect((await stores.apiKeys.find(key.id))?.expiresAt).toEqual(at(100));
  });

  it('does not supersede a key that is expired at that instant', async () => {
    await insert(key);
    expect(await supersede(key.id, at(100), at(200))).toBe(false);
    expect(await supersede(key.id, at(99), at(200))).toBe(true);
  });

  it('reads what a transaction would leave, for those who name it', async () => {
    await run(async (transaction) => {
      await stores.apiKeys.insert(key, transaction);
      await stores.apiKeys.revoke(key.id, at(5), transaction);
      const found = await stores.apiKeys.find(key.id, transaction);
      expect(found).toEqual({ ...key, revokedAt: at(5) });
    });
  });

  it('lets one of 20 revocations win', async () => {
    await insert(key);
    const { transactions, apiKeys } = stores;
    expect(await winnersOf20(transactions, (tx) => apiKeys.revoke(key.id, at(5), tx))).toBe(1);
  });

  it('lets one of 20 rotations win', async () => {
    await insert(key);
    const { transactions, apiKeys } = stores;
    const winners = await winnersOf20(transactions, (tx, index) => {
      const replacedBy = `CCCCCCCCCCCCCC${String(index).padStart(2, '0')}`;
      return apiKeys.supersede(key.id, { replacedBy, at: at(10), endsAt: at(50) }, tx);
    });
    expect(winners).toBe(1);
  });

  it('undoes what a transaction did when it fails', async () => {
    await insert(key);
    const failed = run(async (transaction) => {
      await stores.apiKeys.insert(bare, transaction);
      await stores.apiKeys.revoke(key.id, at(5), transaction);
      throw new Error('later step');
    });
    await expect(failed).rejects.toThrow('later step');
    expect(await stores.apiKeys.find(bare.id)).toBeNull();
    expect(await stores.apiKeys.find(key.id)).toEqual(key);
  });

  it('adds up uses and moves the last use forward, never back', async () => {
    await insert(bare);
    const use = (count: number, second: number) => ({
      apiKeyId: bare.id,
      count,
      lastUsedAt: at(second),
    });
    await record([use(2, 20), use(3, 10)]);
    await record([use(1, 5), { ...use(9, 9), apiKeyId: 'unknown\0' }]);
    await record([]);
    expect(await stores.apiKeys.find(bare.id)).toEqual({
      ...bare,
      useCount: 6,
      lastUsedAt: at(20),
    });
  });

  it('loses no use and does not deadlock when 20 batches name the same keys in any order [W7] [T12]', async () => {
    const ids = Array.from({ length: 10 }, (_, index) => `key${String(index)}`);
    for (const id of ids) await insert({ ...bare, id });
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        const order = index % 2 === 0 ? ids : [...ids].reverse();
        const uses = order.map((apiKeyId) => ({ apiKeyId, count: 1, lastUsedAt: at(index) }));
        return record(uses);
      }),
    );
    for (const id of ids) {
      expect(await stores.apiKeys.find(id)).toMatchObject({ useCount: 20, lastUsedAt: at(19) });
    }
  });

  it('prunes keys that ended before an instant', async () => {
    await insert(bare);
    await insert({ ...key, id: 'expired', expiresAt: at(9) });
    await insert({ ...key, id: 'revoked', revokedAt: at(9) });
    await insert({ ...key, id: 'recent', expiresAt: at(10) });
    expect(await stores.apiKeys.prune(at(10))).toBe(2);
    expect(await stores.apiKeys.prune(at(10))).toBe(0);
    const left = await stores.apiKeys.listByClient('partner', { limit: 10 });
    expect(idsOf(left).sort()).toEqual([bare.id, 'recent']);
  });

  it.each(["a'b", `${key.id}\0`, '\ud800', '', '%', 'x'.repeat(5000)])(
    'finds nothing under the hostile id %#',
    async (id) => {
      await insert(key);
      expect(await stores.apiKeys.find(id)).toBeNull();
      expect(await stores.apiKeys.findForeign(id)).toBeNull();
      expect(await stores.apiKeys.listByClient(id, { limit: 1 })).toEqual([]);
      expect(await stores.apiKeys.listByClient('partner', { limit: 1, after: id })).toEqual([]);
      await run(async (transaction) => {
        expect(await stores.apiKeys.update(id, { name: 'x' }, transaction)).toBe(false);
        expect(await stores.apiKeys.revoke(id, at(5), transaction)).toBe(false);
        const by = { replacedBy: 'CCCCCCCCCCCCCCC3', at: at(1), endsAt: at(2) };
        expect(await stores.apiKeys.supersede(id, by, transaction)).toBe(false);
      });
      expect(await stores.apiKeys.find(key.id)).toEqual(key);
    },
  );

  it.each([
    { name: 'a\0b' },
    { scope: ['a\0'] },
    { user: { issuer: 'https://id.example.com', subject: '\udfff' } },
    { clientId: 'x'.repeat(5000) },
  ])('refuses to keep a text that not every database can: %#', async (changes) => {
    await expect(insert({ ...key, ...changes })).rejects.toMatchObject({
      code: 'ERR_INPUT_INVALID',
    });
  });
}
