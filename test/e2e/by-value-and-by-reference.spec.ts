import { jest } from '@jest/globals';
import { ApiKeyService, ApiKeyStore } from '@sallyport/nest';
import { seedClients, seeder, startInstance, type Instance } from '../support/instances.js';
import { adapters } from '../support/reference-api.js';

describe.each(adapters)('Credentials by value and by reference, on %s', (adapter) => {
  let api: Instance;
  beforeAll(async () => {
    api = await startInstance(adapter, { environment: 'development' });
    await seedClients(api);
  });
  afterAll(() => api.app.close());
  afterEach(() => jest.restoreAllMocks());

  const issueKey = () =>
    api.get(ApiKeyService).issue({ clientId: 'shop', name: 'k', preset: 'read' }, seeder);

  it('believes what a token says, once its signature holds: nobody keeps the token [C101]', async () => {
    const lookups = jest.spyOn(api.get(ApiKeyStore), 'find');
    const narrow = await api.token({
      sub: 'shop',
      client_id: 'shop',
      sub_type: undefined,
      roles: undefined,
      uep: undefined,
      rv: undefined,
      scope: 'invoices:read',
    });
    expect((await api.call('/probe', { token: narrow })).body).toMatchObject({
      client: 'shop',
      scope: ['invoices:read'],
    });
    expect(lookups).not.toHaveBeenCalled();
  });

  it('looks an API key up by its id: what is kept decides, not the text [C101]', async () => {
    const { apiKey, plaintext } = await issueKey();
    const lookups = jest.spyOn(api.get(ApiKeyStore), 'find');
    expect((await api.call('/probe', { key: plaintext })).body).toMatchObject({
      scope: ['invoices:read'],
    });
    expect(lookups).toHaveBeenCalledWith(apiKey.id);
    await api.get(ApiKeyService).update(apiKey.id, { scope: ['invoices:write'] }, seeder);
    expect((await api.call('/probe', { key: plaintext })).status).toBe(403);
  });

  it('takes a reference for no token: an opaque bearer token is 401 here [C101]', async () => {
    const { plaintext } = await issueKey();
    for (const token of ['2YotnFZFEjr1zCsicMWpAA', plaintext]) {
      const answer = await api.call('/probe', { token });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
    }
  });
});
