import { jest } from '@jest/globals';
import { ApiKeyService, ClientSecretService, ClientService } from '@sallyport/nest';
import { ApiKeyStore } from '@sallyport/nest/api-keys';
import { Transactions } from '../../libs/sallyport/src/transactions/transaction.js';
import { seedClients, seeder, startInstance, type Instance } from '../support/instances.js';
import { adapters } from '../support/reference-api.js';

describe.each(adapters)('Keys and secrets over HTTP, on %s', (adapter) => {
  let api: Instance;
  beforeAll(async () => {
    // What is counted is written once a minute: by no timer while a test looks on.
    api = await startInstance(adapter, {
      environment: 'development',
      usage: { flushSeconds: 60 },
    });
    await seedClients(api);
  });
  afterAll(() => api.app.close());
  afterEach(() => jest.restoreAllMocks());

  const issueKey = async (clientId = 'shop') =>
    (await api.get(ApiKeyService).issue({ clientId, name: 'k', preset: 'read' }, seeder)).plaintext;
  const issueSecret = async (clientId = 'shop') =>
    (await api.get(ClientSecretService).issue(clientId, seeder)).plaintext;

  it('lets a server in by its API key, in either header [C25]', async () => {
    const key = await issueKey();
    const answer = await api.call('/probe/app', { key });
    expect(answer.body).toEqual({
      client: 'shop',
      user: null,
      scope: ['invoices:read'],
      roles: [],
    });
    const headers = { authorization: `ApiKey ${key}` };
    expect((await api.call('/probe/app', { headers })).status).toBe(200);
  });

  it('tells apart in no way what is unknown, mistyped, expired or revoked [C38]', async () => {
    const key = await issueKey();
    const expired = await api
      .get(ApiKeyService)
      .issue({ clientId: 'shop', name: 'k', preset: 'read' }, seeder);
    await api.get(ApiKeyService).update(expired.apiKey.id, { expiresAt: new Date(0) }, seeder);
    const revoked = await api
      .get(ApiKeyService)
      .issue({ clientId: 'shop', name: 'k', preset: 'read' }, seeder);
    await api.get(ApiKeyService).revoke(revoked.apiKey.id, seeder);
    const answers = await Promise.all(
      [`${key.slice(0, -1)}!`, 'sp_test_x', 'x', expired.plaintext, revoked.plaintext].map(
        async (text) => {
          const { status, headers, body } = await api.call('/probe', { key: text });
          return JSON.stringify([status, headers.get('www-authenticate'), body]);
        },
      ),
    );
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^\[401,/);
  });

  it('writes nothing on the path of a request [W7]', async () => {
    const key = await issueKey();
    const writes = jest.spyOn(api.get(ApiKeyStore), 'recordUses');
    const transactions = jest.spyOn(api.get(Transactions), 'run');
    for (let use = 0; use < 50; use++) {
      expect((await api.call('/probe', { key })).status).toBe(200);
    }
    expect(writes).not.toHaveBeenCalled();
    expect(transactions).not.toHaveBeenCalled();
  });

  it('accepts client id and secret by Basic where it is switched on [C91]', async () => {
    const secret = await issueSecret();
    const answer = await api.call('/probe', { basic: ['shop', secret] });
    expect(answer.body).toMatchObject({ client: 'shop', user: null });
    expect((await api.call('/probe/app', { basic: ['shop', secret] })).status).toBe(401);
  });

  it.each([
    ['another client', (secret: string) => ['mobile', secret]],
    ['no such client', (secret: string) => ['nobody', secret]],
    ['the wrong secret', (secret: string) => ['shop', `${secret.slice(0, -1)}!`]],
    ['no secret', () => ['shop', '']],
  ])('refuses by Basic %s [C91]', async (_what, spoil) => {
    const [clientId = '', secret = ''] = spoil(await issueSecret());
    const answer = await api.call('/probe', { basic: [clientId, secret] });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('Basic');
  });

  it('accepts several secrets at once, until the overlap of a rotation ends [C79]', async () => {
    const [one, two] = [await issueSecret('mobile'), await issueSecret('mobile')];
    const statuses = async (...secrets: string[]) =>
      Promise.all(secrets.map((secret) => api.probe({ basic: ['mobile', secret] })));
    const { plaintext: three } = await api.get(ClientSecretService).rotate('mobile', seeder);
    expect(await statuses(one, two, three)).toEqual([200, 200, 200]);
    const now = { overlapSeconds: 0 };
    const { plaintext: four } = await api.get(ClientSecretService).rotate('mobile', seeder, now);
    expect(await statuses(one, two, three, four)).toEqual([401, 401, 401, 200]);
  });

  it('turns away a leaked build by its User-Agent, with the right key', async () => {
    const userAgent = { product: 'Shop', minimumVersion: '2.0', refusedVersions: ['2.4.1'] };
    await api
      .get(ClientService)
      .register(
        { clientId: 'app', name: 'App', type: 'confidential', scope: ['invoices:read'], userAgent },
        seeder,
      );
    const key = await issueKey('app');
    const from = async (agent: string) =>
      (await api.call('/probe', { key, headers: { 'user-agent': agent } })).status;
    expect(await from('Shop/2.4.2')).toBe(200);
    expect(await from('Shop/2.4.1')).toBe(403);
    expect(await from('Shop/1.9')).toBe(403);
    expect(await from('curl/8')).toBe(403);
  });

  it('does not read Basic where it is not switched on, the default [C91]', async () => {
    const closed = await startInstance(adapter, { environment: 'development', basic: false });
    try {
      await seedClients(closed);
      const { plaintext } = await closed.get(ClientSecretService).issue('shop', seeder);
      const answer = await closed.call('/probe', { basic: ['shop', plaintext] });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).not.toContain('Basic');
    } finally {
      await closed.app.close();
    }
  });
});
