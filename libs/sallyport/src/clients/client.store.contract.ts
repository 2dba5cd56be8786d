import { winnersOf20 } from '../transactions/transactions.contract.js';
import type { Transaction, Transactions } from '../transactions/transaction.js';
import type { ClientStore } from './client.store.js';
import type { Client, ClientSecret } from './client.js';

interface Opened {
  readonly transactions: Transactions;
  readonly clients: ClientStore;
  close(): Promise<void>;
}

const at = (second: number): Date => new Date(Date.UTC(2030, 0, 1, 0, 0, second, 123));

const client: Client = {
  clientId: 'mobile-app',
  name: "L'appli mobile 📱",
  type: 'public',
  isThirdParty: true,
  scope: ['invoices:read', 'invoices:write'],
  grantTypes: ['authorization_code'],
  redirectUris: ['com.example.app:/callback?a={1,"2"}'],
  postLogoutRedirectUris: ['com.example.app:/bye', 'https://app.example.com/a,"b"'],
  resources: ['https://api.example.com', 'urn:example:reports'],
  jwksUri: 'https://keys.example.com/jwks.json?a=b',
  jwks: {
    keys: [{ kty: 'EC', crv: 'P-256', x: 'eA', y: 'eQ', kid: '{"1"}', use: 'sig', alg: 'ES256' }],
  },
  accessTokenSeconds: 86_400,
  refreshGrace: false,
  requiresPushedRequests: true,
  dpopBoundAccessTokens: true,
  tlsClientAuth: { sanUri: 'urn:a,"b"' },
  selfSignedCertificates: ['AA==', 'AQ=='],
  tlsClientCertificateBoundAccessTokens: true,
  origins: ['https://app.example.com'],
  plan: 'gold',
  userAgent: { product: 'InvoicesApp', minimumVersion: '2.3.0', refusedVersions: ['2.4.1'] },
  createdAt: at(0),
  disabledAt: at(1),
  version: 1,
};

const bare: Client = {
  ...client,
  clientId: 'nightly-job',
  type: 'confidential',
  isThirdParty: false,
  scope: [],
  grantTypes: [],
  redirectUris: [],
  postLogoutRedirectUris: [],
  resources: [],
  jwks: null,
  jwksUri: null,
  accessTokenSeconds: null,
  refreshGrace: true,
  requiresPushedRequests: false,
  dpopBoundAccessTokens: false,
  tlsClientAuth: null,
  selfSignedCertificates: null,
  tlsClientCertificateBoundAccessTokens: false,
  origins: [],
  plan: null,
  userAgent: null,
  disabledAt: null,
};

const secret = (number: number, changes: Partial<ClientSecret> = {}): ClientSecret => ({
  id: `0190a1b2-0000-7000-8000-${String(number).padStart(12, '0')}`,
  clientId: 'nightly-job',
  secretHash: String(number).repeat(64).slice(0, 64),
  clientEpoch: number,
  createdAt: at(0),
  expiresAt: null,
  revokedAt: null,
  ...changes,
});

/** What every ClientStore must do. */
export function describeClientStore(open: () => Promise<Opened>): void {
  let stores: Opened;
  beforeEach(async () => {
    stores = await open();
  });
  afterEach(() => stores.close());

  const run = <T>(work: (transaction: Transaction) => Promise<T>) => stores.transactions.run(work);
  const insert = (given: Client) => run((transaction) => stores.clients.insert(given, transaction));
  const insertSecrets = (...secrets: ClientSecret[]) =>
    run(async (transaction) => {
      for (const given of secrets) await stores.clients.insertSecret(given, transaction);
    });
  const activeIds = async (when: Date) =>
    (await stores.clients.activeSecrets('nightly-job', when)).map(({ id }) => id).sort();

  it.each([client, bare])('finds the client $clientId as it was inserted', async (given) => {
    expect(await insert(given)).toBe(true);
    expect(await stores.clients.find(given.clientId)).toEqual(given);
  });

  it('refuses a taken client id, and the transaction stays usable', async () => {
    await insert(client);
    await run(async (transaction) => {
      expect(await stores.clients.insert({ ...client, name: 'other' }, transaction)).toBe(false);
      expect(await stores.clients.insert(bare, transaction)).toBe(true);
    });
    expect(await stores.clients.find('mobile-app')).toEqual(client);
    expect(await stores.clients.find('nightly-job')).toEqual(bare);
  });

  it('reads what a transaction would leave, for those who name it', async () => {
    await run(async (transaction) => {
      await stores.clients.insert(client, transaction);
      expect(await stores.clients.find(client.clientId, transaction)).toEqual(client);
    });
  });

  it('lets one of 20 inserts of one client id win', async () => {
    const { transactions, clients } = stores;
    expect(await winnersOf20(transactions, (tx) => clients.insert(client, tx))).toBe(1);
  });

  it('lists pages in byte order of client ids', async () => {
    for (const clientId of ['b', 'B', 'a_1', 'a', 'a-1']) await insert({ ...bare, clientId });
    const first = await stores.clients.list({ limit: 3 });
    const second = await stores.clients.list({ limit: 3, after: 'a-1' });
    expect(first.map(({ clientId }) => clientId)).toEqual(['B', 'a', 'a-1']);
    expect(second.map(({ clientId }) => clientId)).toEqual(['a_1', 'b']);
  });

  it('replaces the version it is given the next of, and no other', async () => {
    await insert(client);
    const next = { ...bare, clientId: client.clientId, version: 2 };
    const replace = (given: Client) =>
      run((transaction) => stores.clients.replace(given, transaction));
    expect(await replace({ ...next, version: 3 })).toBe(false);
    expect(await replace(next)).toBe(true);
    expect(await replace(next)).toBe(false);
    expect(await replace({ ...next, clientId: 'unknown' })).toBe(false);
    expect(await stores.clients.find(client.clientId)).toEqual(next);
  });

  it('lets one of 20 updates of one version win', async () => {
    await insert(client);
    const { transactions, clients } = stores;
    const winners = await winnersOf20(transactions, (tx, index) =>
      clients.replace({ ...client, name: `name ${String(index)}`, version: 2 }, tx),
    );
    expect(winners).toBe(1);
  });

  it('finds the secrets of a client that are neither revoked nor expired', async () => {
    const kept = secret(1);
    await insertSecrets(
      kept,
      secret(2, { expiresAt: at(10) }),
      secret(3, { expiresAt: at(9) }),
      secret(4, { revokedAt: at(1) }),
      secret(5, { clientId: 'other' }),
    );
    expect(await activeIds(at(9))).toEqual([secret(1).id, secret(2).id]);
    expect(await stores.clients.activeSecrets('nightly-job', at(10))).toEqual([kept]);
  });

  it('ends all secrets but one, none later than before', async () => {
    await insertSecrets(
      secret(1),
      secret(2, { expiresAt: at(5) }),
      secret(3, { expiresAt: at(50) }),
      secret(4),
    );
    await run((transaction) =>
      stores.clients.endSecrets('nightly-job', secret(4).id, at(20), transaction),
    );
    expect(await activeIds(at(4))).toHaveLength(4);
    expect(await activeIds(at(19))).toEqual([secret(1).id, secret(3).id, secret(4).id]);
    expect(await activeIds(at(20))).toEqual([secret(4).id]);
  });

  it('says whose secret it revoked', async () => {
    await insertSecrets(secret(1), secret(2, { clientId: 'other' }));
    const revoke = (number: number) =>
      run((transaction) => stores.clients.revokeSecret(secret(number).id, at(3), transaction));
    expect([await revoke(1), await revoke(2), await revoke(1), await revoke(3)]).toEqual([
      'nightly-job',
      'other',
      null,
      null,
    ]);
  });

  it('lets one of 20 revocations of a secret win', async () => {
    await insertSecrets(secret(1));
    const { transactions, clients } = stores;
    const revoke = async (tx: Transaction) =>
      (await clients.revokeSecret(secret(1).id, at(3), tx)) !== null;
    expect(await winnersOf20(transactions, revoke)).toBe(1);
    expect(await activeIds(at(0))).toEqual([]);
  });

  it.each(["a'b", 'mobile-app\0', '\ud800', '', '%', 'x'.repeat(5000), '../mobile-app'])(
    'finds nothing under the hostile id %#',
    async (id) => {
      await insert(client);
      await insertSecrets(secret(1));
      expect(await stores.clients.find(id)).toBeNull();
      expect(await stores.clients.activeSecrets(id, at(0))).toEqual([]);
      await run(async (transaction) => {
        expect(await stores.clients.revokeSecret(id, at(0), transaction)).toBeNull();
        await stores.clients.endSecrets(id, id, at(0), transaction);
      });
      expect(await activeIds(at(0))).toHaveLength(1);
    },
  );

  it.each(['a\0b', '\udfff', 'x'.repeat(5000)])(
    'refuses to keep the client id %#',
    async (clientId) => {
      await expect(insert({ ...client, clientId })).rejects.toMatchObject({
        code: 'ERR_INPUT_INVALID',
      });
    },
  );
}
