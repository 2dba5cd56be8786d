import { UsageService } from '@sallyport/nest';
import { answered } from '../support/patience.js';
import { matrix, startReferenceApi, type RunningApi } from '../support/reference-api.js';

const jtiOf = (token: string): string => {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  return (JSON.parse(payload) as { jti: string }).jti;
};

interface ListedKey {
  readonly id: string;
  readonly user: { readonly subject: string } | null;
  readonly useCount: number;
  readonly lastUsedAt: string | null;
}

/** The README's tour through /admin. */
describe.each(matrix)('Administration of the reference API, $name', ({ adapter, stores }) => {
  let api: RunningApi;

  beforeAll(async () => {
    api = await startReferenceApi(adapter, stores);
  });
  afterAll(() => api.close());

  const admin = (path: string, body: object, method = 'POST') =>
    api.call(`/admin/${path}`, { method, key: api.key('operator'), body });
  const issue = async (fields: object = {}): Promise<{ id: string; key: string }> => {
    const asked = { clientId: 'nightly-job', name: 'another', preset: 'read', ...fields };
    const issued = await answered(() => admin('api-keys', asked));
    expect(issued.status).toBe(201);
    return issued.body as { id: string; key: string };
  };
  const statusOf = async (key: string) => (await api.call('/v1/invoices', { key })).status;
  const me = async (token: string) => (await api.call('/v1/me', { token })).status;

  it('rotates a key with overlap: both work, and only one rotation of 20 wins [C28]', async () => {
    const { id, key } = await issue();
    // Who waited in vain for the one session of PGlite comes again.
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => answered(() => admin(`api-keys/${id}/rotate`, {}))),
    );
    const [winner, ...others] = answers.filter(({ status }) => status === 201);
    expect(others).toEqual([]);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(19);
    expect(await statusOf(winner?.body.key as string)).toBe(200);
    expect(await statusOf(key)).toBe(200);
  });

  it('ends the old key with its overlap [C28]', async () => {
    const { id, key } = await issue();
    const rotated = await admin(`api-keys/${id}/rotate`, { overlapSeconds: 0 });
    expect(rotated.status).toBe(201);
    expect(await statusOf(key)).toBe(401);
    expect(await statusOf(rotated.body.key as string)).toBe(200);
  });

  it('revokes a key at once, and says so in the list with who did it [C29]', async () => {
    const { id, key } = await issue();
    expect(await statusOf(key)).toBe(200);
    expect((await admin(`api-keys/${id}/revoke`, { reason: 'leaked' })).body.state).toBe('revoked');
    expect(await statusOf(key)).toBe(401);
    const list = await api.call('/admin/api-keys?clientId=nightly-job&limit=100', {
      key: api.key('operator'),
    });
    const listed = list.body.apiKeys.find((known: { id: string }) => known.id === id);
    expect(listed.state).toBe('revoked');
    expect(JSON.stringify(list.body)).not.toMatch(/hash/i);
  });

  it('revokes by kind "api-key" too', async () => {
    const { id, key } = await issue();
    expect((await admin('revocations', { kind: 'api-key', id })).status).toBe(204);
    expect(await statusOf(key)).toBe(401);
  });

  it('revokes one token and leaves the user’s other one alone [C62] [C65]', async () => {
    const lost = await api.token('mobile-app', 'bob');
    const kept = await api.token('mobile-app', 'bob');
    expect(await me(lost)).toBe(200);
    const revoked = await admin('revocations', { kind: 'token', id: jtiOf(lost), reason: 'lost' });
    expect(revoked.status).toBe(204);
    expect(await me(lost)).toBe(401);
    expect(await me(kept)).toBe(200);
  });

  it('revokes all tokens and personal keys of a user [C68]', async () => {
    const token = await api.token('mobile-app', 'carol');
    const personal = await issue({
      clientId: 'mobile-app',
      preset: undefined,
      scope: ['invoices:read'],
      user: { sub: api.sub('carol') },
    });
    expect(await me(token)).toBe(200);
    expect(await statusOf(personal.key)).toBe(200);
    expect((await admin('revocations', { kind: 'user', id: api.sub('carol') })).status).toBe(204);
    expect(await me(token)).toBe(401);
    expect(await statusOf(personal.key)).toBe(401);
  });

  it('grants and withdraws a role, effective from the next request on [C32] [W2]', async () => {
    const newToken = () => api.token('mobile-app', 'alice');
    const grant = { sub: api.sub('alice'), clientId: 'mobile-app', role: 'editor' };
    const rolesIn = async (token: string) =>
      (await api.call('/v1/me', { token })).body.roles as string[];

    const [before, office] = [await newToken(), await api.token('backoffice-web', 'alice')];
    expect((await admin('role-grants', grant, 'PUT')).body).toEqual({ changed: true });
    expect((await admin('role-grants', grant, 'PUT')).body).toEqual({ changed: false });
    expect(await me(before)).toBe(401); // stale: it names the roles of before
    expect(await me(office)).toBe(200);
    const editor = await newToken();
    expect(await rolesIn(editor)).toEqual(['editor', 'viewer']);
    expect((await admin('role-grants', grant, 'DELETE')).body).toEqual({ changed: true });
    expect(await me(editor)).toBe(401);
    expect(await rolesIn(await newToken())).toEqual(['viewer']);
  });

  it('is closed to everyone but an app’s key with the admin scope', async () => {
    const body = { kind: 'user', id: api.sub('alice') };
    const office = api.key('backoffice-web');
    const token = await api.token('backoffice-web', 'alice');
    const call = (as: object) => api.call('/admin/revocations', { method: 'POST', body, ...as });
    expect((await call({})).status).toBe(401);
    expect((await call({ key: office })).status).toBe(403);
    expect((await call({ token })).status).toBe(401);
    expect((await call({ key: office, token })).status).toBe(403);
    expect(await me(token)).toBe(200);
  });

  const usageOf = async (clientId: string): Promise<Map<string, ListedKey>> => {
    await api.app.get(UsageService).flush(); // in place of waiting five seconds
    const { body } = await api.call(`/admin/api-keys?clientId=${clientId}&limit=100`, {
      key: api.key('operator'),
    });
    return new Map((body.apiKeys as ListedKey[]).map((key) => [key.id, key]));
  };

  it('tells of each key of an app how often it was used, and when last [C40]', async () => {
    const [used, idle] = [await issue(), await issue()];
    const begun = Date.now();
    for (let use = 0; use < 3; use++) expect(await statusOf(used.key)).toBe(200);
    expect(await statusOf(`${used.key}x`)).toBe(401); // nobody's use
    const keys = await usageOf('nightly-job');
    expect(keys.get(used.id)?.useCount).toBe(3);
    expect(Date.parse(keys.get(used.id)?.lastUsedAt ?? '')).toBeGreaterThanOrEqual(begun);
    expect(keys.get(idle.id)).toMatchObject({ useCount: 0, lastUsedAt: null });
  });

  it('counts users of one app apart by their own keys, which carry their rights [C40] [C49]', async () => {
    const keyOf = (username: string) =>
      issue({
        clientId: 'mobile-app',
        preset: undefined,
        scope: ['invoices:read', 'invoices:write'],
        user: { sub: api.sub(username) },
      });
    const [alice, bob] = [await keyOf('alice'), await keyOf('bob')];
    const body = { amountCents: 100, currency: 'EUR' };
    const write = async (key: string) =>
      (await api.call('/v1/invoices', { method: 'POST', key, body })).status;
    expect((await api.call('/v1/me', { key: alice.key })).body.roles).toEqual(['viewer']);
    expect(await write(alice.key)).toBe(403);
    expect(await write(bob.key)).toBe(201);

    const keys = await usageOf('mobile-app');
    expect(keys.get(alice.id)).toMatchObject({ user: { subject: api.sub('alice') }, useCount: 2 });
    expect(keys.get(bob.id)).toMatchObject({ user: { subject: api.sub('bob') }, useCount: 1 });
  });
});
