import { answered } from '../support/patience.js';
import { matrix, startReferenceApi, type RunningApi } from '../support/reference-api.js';

/** The main job: apps, and apps acting for users, get different answers from one API. */
describe.each(matrix)('The invoices API, $name', ({ adapter, stores }) => {
  let api: RunningApi;

  beforeAll(async () => {
    api = await startReferenceApi(adapter, stores);
  });
  afterAll(() => api.close());

  const draft = async (department = 'Finance'): Promise<string> => {
    const created = await api.call('/v1/invoices', {
      method: 'POST',
      key: api.key('backoffice-web'),
      body: { department, amountCents: 4200, currency: 'EUR' },
    });
    expect(created.status).toBe(201);
    return created.body.id as string;
  };
  const approve = async (id: string, as: { key?: string; token?: string }) =>
    api.call(`/v1/invoices/${id}/approve`, { method: 'POST', ...as });

  it('shows an app, by its API key, all that its client may see [C25]', async () => {
    const { status, body } = await api.call('/v1/invoices', { key: api.key('nightly-job') });
    expect(status).toBe(200);
    const departments = new Set(body.items.map((item: { department: string }) => item.department));
    expect(departments).toEqual(new Set(['Finance', 'Sales']));
  });

  it('deletes a draft for a token that is bound to a key, and for no other, stolen or not [C57] [C58]', async () => {
    const path = `/v1/invoices/${await draft()}`;
    const [bearer, bound] = await Promise.all([
      api.token('mobile-app', 'bob'),
      api.boundToken('mobile-app', 'bob'),
    ]);
    const remove = { method: 'DELETE' } as const;
    const authorization = `Bearer ${bound.text}`;
    for (const credentials of [
      { key: api.key('backoffice-web') },
      { token: bearer },
      { headers: { authorization } },
      { headers: await bound.proven('GET', path) },
      { headers: await bound.proven('DELETE', '/v1/invoices') },
    ]) {
      expect((await api.call(path, { ...remove, ...credentials })).status).toBe(401);
    }
    const headers = await bound.proven('DELETE', path);
    const reader = await api.boundToken('mobile-app', 'carol');
    const denied = { ...remove, headers: await reader.proven('DELETE', path) };
    expect((await api.call(path, denied)).status).toBe(403);
    expect((await api.call(path, { ...remove, headers })).status).toBe(204);
    expect((await api.call(path, { ...remove, headers })).status).toBe(401);
    const again = { ...remove, headers: await bound.proven('DELETE', path) };
    expect((await api.call(path, again)).status).toBe(404);
  });

  it('deletes nothing that was approved', async () => {
    const id = await draft();
    const token = await api.token('backoffice-web', 'alice');
    const approved = await approve(id, { key: api.key('backoffice-web'), token });
    expect(approved.status).toBe(200);
    const path = `/v1/invoices/${id}`;
    const office = await api.boundToken('backoffice-web', 'alice');
    const headers = await office.proven('DELETE', path);
    expect((await api.call(path, { method: 'DELETE', headers })).status).toBe(409);
  });

  it('takes the key in Authorization as well [C36]', async () => {
    const authorization = `ApiKey ${api.key('nightly-job')}`;
    const { status } = await api.call('/v1/invoices', { headers: { authorization } });
    expect(status).toBe(200);
  });

  it('shows a user their own department only, in lists and by id [C31]', async () => {
    const token = await api.token('mobile-app', 'carol');
    const list = await api.call('/v1/invoices', { token });
    expect(list.status).toBe(200);
    expect(list.body.items.length).toBeGreaterThan(0);
    for (const item of list.body.items) expect(item.department).toBe('Sales');

    const foreign = await draft('Finance');
    const missing = '00000000-0000-7000-8000-000000000000';
    const denied = await api.call(`/v1/invoices/${foreign}`, { token });
    const absent = await api.call(`/v1/invoices/${missing}`, { token });
    expect(denied.status).toBe(404);
    expect(denied.body).toEqual(absent.body);
  });

  it('gives one person the rights of the app they use: alice in both [C1] [C50]', async () => {
    const [mobile, office] = await Promise.all([
      api.token('mobile-app', 'alice'),
      api.token('backoffice-web', 'alice'),
    ]);
    const inMobile = await api.call('/v1/me', { token: mobile });
    const inOffice = await api.call('/v1/me', { token: office });
    expect(inMobile.body).toMatchObject({ roles: ['viewer'], scope: ['invoices:read'] });
    expect(inOffice.body.roles).toEqual(['admin', 'editor', 'viewer']);
    expect(inOffice.body.sub).toBe(inMobile.body.sub);

    const body = { department: 'Finance', amountCents: 1, currency: 'EUR' };
    const write = { method: 'POST', body };
    const refused = await api.call('/v1/invoices', { ...write, token: mobile });
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    expect(refused.headers.get('www-authenticate')).toContain('scope="invoices:write"');
    expect((await api.call('/v1/invoices', { ...write, token: office })).status).toBe(201);
  });

  it('approves with both gates only: the app’s key and its user’s token [C1]', async () => {
    const id = await draft();
    const key = api.key('backoffice-web');
    const [office, mobile, bob] = await Promise.all([
      api.token('backoffice-web', 'alice'),
      api.token('mobile-app', 'alice'),
      api.token('backoffice-web', 'bob'),
    ]);
    expect((await approve(id, { token: office })).status).toBe(401); // no key
    expect((await approve(id, { key })).status).toBe(403); // no user
    expect((await approve(id, { key, token: mobile })).status).toBe(401); // of another app
    expect((await approve(id, { key, token: bob })).status).toBe(403); // no admin
    expect((await api.call(`/v1/invoices/${id}`, { key })).body.status).toBe('draft');

    const approved = await approve(id, { key, token: office });
    expect(approved.status).toBe(200);
    expect(approved.body.status).toBe('approved');
    expect((await approve(id, { key, token: office })).status).toBe(409);
  });

  it('lets one of 20 approvals at once win', async () => {
    const id = await draft();
    const as = {
      key: api.key('backoffice-web'),
      token: await api.token('backoffice-web', 'alice'),
    };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => answered(() => approve(id, as))),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array.from({ length: 19 }, () => 409)]);
  });

  it('narrows by scope of the token, below what client and roles allow [C97] [C107]', async () => {
    const token = await api.token('backoffice-web', 'alice', 'invoices:read');
    expect((await api.call('/v1/invoices', { token })).status).toBe(200);
    const body = { department: 'Finance', amountCents: 1, currency: 'EUR' };
    expect((await api.call('/v1/invoices', { method: 'POST', token, body })).status).toBe(403);
  });

  it('keeps reports for apps that act for nobody [C39]', async () => {
    const key = api.key('nightly-job');
    expect((await api.call('/v1/reports/daily', { key })).status).toBe(200);
    expect((await api.call('/v1/reports/daily', { key: api.key('backoffice-web') })).status).toBe(
      403,
    );
    const token = await api.token('backoffice-web', 'alice');
    expect((await api.call('/v1/reports/daily', { token })).status).toBe(403);
    const own = await api.token('nightly-job');
    expect((await api.call('/v1/reports/daily', { token: own })).status).toBe(200);
  });

  it('answers a route limit with 429 and says when to come back [C33]', async () => {
    const key = api.key('nightly-job');
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => api.call('/v1/reports/daily', { key })),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(10);
    for (const { headers, body } of refused) {
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(headers.get('ratelimit')).toMatch(/;r=0/);
      expect(body.type).toBe('urn:sallyport:problem:rate-limited');
    }
    expect((await api.call('/v1/invoices', { key })).status).toBe(200);
  });
});
