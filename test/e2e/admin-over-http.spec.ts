import { request } from 'node:http';
import { ApiKeyService, RoleGrantService, SigningKeyService } from '@sallyport/nest';
import { ChangeStore } from '../../libs/sallyport/src/audit/change.store.js';
import {
  issueSecret,
  OWN_ISSUER,
  seedClients,
  seeder,
  startInstance,
  type Credentials,
  type Instance,
} from '../support/instances.js';
import { adapters, type Answer } from '../support/reference-api.js';

interface Key {
  readonly id: string;
  readonly key: string;
}

describe.each(adapters)('Administration over HTTP, on %s', (adapter) => {
  let api: Instance;
  let admin: string;
  beforeAll(async () => {
    api = await startInstance(adapter, { environment: 'development' });
    admin = await seedClients(api);
  });
  afterAll(() => api.app.close());

  const post = (path: string, body: unknown = {}) =>
    api.call(`/admin/${path}`, { key: admin, body, method: 'POST' });
  const list = (query: string) => api.call(`/admin/api-keys?${query}`, { key: admin });
  const issue = async (fields: object = {}): Promise<Key> =>
    (await post('api-keys', { clientId: 'shop', name: 'k', preset: 'read', ...fields }))
      .body as Key;
  const changesOf = (object: string) => api.get(ChangeStore).listByObject(object, 100);
  const expectProblem = ({ status, headers, body }: Answer, ...expected: number[]) => {
    expect(expected).toContain(status);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(body).toMatchObject({ status });
    expect(JSON.stringify(body).length).toBeLessThan(2000);
    expect(JSON.stringify(body)).not.toMatch(/node_modules|\.ts:|\.js:|TypeError|stack/);
  };

  describe('API keys', () => {
    it('are issued with all that may be asked for, and the text is in this answer alone [C76]', async () => {
      const body = {
        clientId: 'shop',
        name: 'Kasse 1 🔑',
        scope: ['invoices:read'],
        addressRanges: ['127.0.0.0/8', '::1/128'],
        lifetimeSeconds: 3600,
        reason: 'ticket 7',
      };
      const answer = await post('api-keys', body);
      expect(answer.status).toBe(201);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      const { reason: _, lifetimeSeconds: __, ...fields } = body;
      expect(answer.body).toMatchObject({ ...fields, state: 'active', user: null });
      expect(answer.body.key).toMatch(/^sp_test_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}$/);
      expect(await api.probe({ key: answer.body.key as string })).toBe(200);
      expect((await changesOf(answer.body.id as string))[0]).toMatchObject({
        actor: 'client:operator',
        reason: 'ticket 7',
        action: 'api-key.issued',
      });
      const listed = await list('clientId=shop&limit=100');
      expect(JSON.stringify(listed.body)).not.toContain(answer.body.key);
    });

    it('never show a hash, in any answer [C76] [W5]', async () => {
      const { id, key } = await issue();
      const { secretHash } = await api.get(ApiKeyService).get(id);
      const rotated = await post(`api-keys/${id}/rotate`);
      const answers = [
        rotated,
        await post(`api-keys/${id}/revoke`),
        await list('clientId=shop&limit=100'),
      ];
      for (const { status, body } of answers) {
        expect(status).toBeLessThan(300);
        expect(JSON.stringify(body)).not.toContain(secretHash);
        expect(JSON.stringify(body)).not.toContain(key.slice(-49));
        expect(JSON.stringify(body)).not.toMatch(/hash/i);
      }
    });

    it('may have a secret to sign with, which this answer alone tells [C7] [C76]', async () => {
      const secretOf = ({ body }: Answer) => (body.signingSecret as string | undefined) ?? null;
      const answer = await post('api-keys', {
        clientId: 'shop',
        name: 'signs',
        preset: 'read',
        signedOnly: true,
      });
      const { id } = answer.body as Key;
      expect(answer.body).toMatchObject({ signedOnly: true, canSign: true });
      expect(Buffer.from(secretOf(answer) ?? '', 'base64url')).toHaveLength(32);
      const rotated = await post(`api-keys/${id}/rotate`);
      expect(secretOf(rotated)).toMatch(/^[\w-]{43}$/);
      expect(secretOf(rotated)).not.toBe(secretOf(answer));
      expect(
        secretOf(await post('api-keys', { clientId: 'shop', name: 'k', preset: 'read' })),
      ).toBeNull();
      const told = JSON.stringify([
        (await post(`api-keys/${id}/revoke`)).body,
        (await list('clientId=shop&limit=100')).body,
      ]);
      for (const secret of [secretOf(answer), secretOf(rotated)])
        expect(told).not.toContain(secret);
      expect(told).not.toMatch(/sealed|v1\./);
      const both = {
        clientId: 'shop',
        name: 'k',
        preset: 'read',
        signedOnly: true,
        signing: false,
      };
      expectProblem(await post('api-keys', both), 400);
    });

    it('act for a user when they are personal, and die with the suspension', async () => {
      const user = { sub: 'alice' };
      const { id, key } = await issue({ user });
      await api
        .get(RoleGrantService)
        .grant(
          { user: { issuer: OWN_ISSUER, subject: 'alice' }, clientId: 'shop', role: 'viewer' },
          seeder,
        );
      const answer = await api.call('/probe', { key });
      expect(answer.body).toEqual({
        client: 'shop',
        user: 'alice',
        scope: ['invoices:read'],
        roles: ['viewer'],
      });
      expectProblem(await api.call('/probe/app', { key }), 401);
      await post('revocations', { kind: 'user', id: 'alice' });
      expectProblem(await api.call('/probe', { key }), 401);
      expectProblem(await post(`api-keys/${id}/rotate`), 409);
      const { body } = await list('clientId=shop&limit=100');
      const listed = body.apiKeys as { id: string; state: string }[];
      expect(listed.find((found) => found.id === id)?.state).toBe('revoked');
      expect(listed.some(({ state }) => state === 'active')).toBe(true);
    });

    it('are listed newest first, in pages', async () => {
      const issued: string[] = [];
      for (let count = 0; count < 3; count++)
        issued.unshift((await issue({ clientId: 'mobile' })).id);
      const idsOf = ({ body }: Answer) => (body.apiKeys as Key[]).map(({ id }) => id);
      expect(idsOf(await list('clientId=mobile')).sort()).toEqual([...issued].sort());
      const [first = ''] = idsOf(await list('clientId=mobile&limit=1'));
      const rest = idsOf(await list(`clientId=mobile&after=${first}`));
      expect([first, ...rest].sort()).toEqual([...issued].sort());
      expect(rest).toHaveLength(2);
      expect(idsOf(await list('clientId=nobody'))).toEqual([]);
    });

    it('are rotated and revoked without a body, too', async () => {
      const { id } = await issue();
      const bare = (operation: string) =>
        api.call(`/admin/api-keys/${id}/${operation}`, { key: admin, method: 'POST' });
      expect((await bare('rotate')).status).toBe(201);
      expect((await bare('revoke')).body).toMatchObject({ state: 'revoked' });
      expect((await bare('revoke')).status).toBe(200);
      expectProblem(await bare('rotate'), 409);
    });
  });

  describe('role grants', () => {
    const grants = (body: object, method = 'PUT') =>
      api.call('/admin/role-grants', { key: admin, body, method });
    const grant = { sub: 'bob', clientId: 'mobile', role: 'editor' };

    it('say whether they changed anything', async () => {
      const outcomes: unknown[] = [];
      for (const method of ['PUT', 'PUT', 'DELETE', 'DELETE']) {
        outcomes.push((await grants(grant, method)).body);
      }
      expect(outcomes).toEqual([true, false, true, false].map((changed) => ({ changed })));
      expect((await grants({ sub: 'bob', role: 'viewer' })).body).toEqual({ changed: true });
      expect((await grants({ ...grant, clientId: null, role: 'viewer' })).body).toEqual({
        changed: false,
      });
    });

    it.each([
      [{ ...grant, role: 'root' }, 400],
      [{ ...grant, clientId: 'nobody' }, 404],
      [{ ...grant, clientId: '*' }, 404],
      [{ ...grant, clientId: ['mobile'] }, 400],
      [{ ...grant, sub: '' }, 400],
      [{ ...grant, sub: 'a\u0000' }, 400],
      [{ ...grant, sub: { $ne: '' } }, 400],
      [{ ...grant, grantedBy: 'me' }, 400],
      [{ clientId: 'mobile', role: 'editor' }, 400],
    ])('refuse %j', async (body, status) => {
      expectProblem(await grants(body), status);
      const user = { issuer: OWN_ISSUER, subject: 'bob' };
      const roles = await api.get(RoleGrantService).listByUser(user);
      expect(roles.map(({ role }) => role)).toEqual(['viewer']);
    });
  });

  describe('revocations', () => {
    it('answer 204 for each kind, twice as well', async () => {
      const { id } = await issue();
      const { secret } = await issueSecret(api, 'shop');
      const { kid } = await api.get(SigningKeyService).activeKey();
      const all = [
        { kind: 'token', id: 'jti-1' },
        { kind: 'token', id: 'jti-1', iss: 'https://idp.example.com' },
        { kind: 'session', id: 'sid-1' },
        { kind: 'grant', id: 'gid-1' },
        { kind: 'user', id: 'carol', reason: 'password changed' },
        { kind: 'user-client', id: 'carol', clientId: 'mobile' },
        { kind: 'client', id: 'mobile' },
        { kind: 'api-key', id },
        { kind: 'client-secret', id: secret.id },
        { kind: 'signing-key', id: kid },
        { kind: 'signing-key', id: 'their-kid', iss: 'https://idp.example.com' },
      ];
      for (const body of [...all, ...all]) {
        const answer = await post('revocations', body);
        expect([body, answer.status, answer.body]).toEqual([body, 204, '']);
      }
      expect((await changesOf('carol'))[0]).toMatchObject({ actor: 'client:operator' });
    });

    it.each([
      { kind: 'api-key', id: 'A'.repeat(16) },
      { kind: 'client-secret', id: '0190a1b2-0000-7000-8000-000000000001' },
      { kind: 'client-secret', id: "' OR 1=1 --" },
      { kind: 'signing-key', id: 'nothing' },
      { kind: 'encryption-key', id: 'nothing' },
      { kind: 'client', id: 'nobody' },
      { kind: 'user-client', id: 'carol', clientId: 'nobody' },
    ])('answer 404 for %j, which never was: a slip must not look like success', async (body) => {
      expectProblem(await post('revocations', body), 404);
    });

    it.each([
      {},
      [],
      [{ kind: 'user', id: 'carol' }],
      { kind: 'user' },
      { kind: 'USER', id: 'carol' },
      { kind: ['user'], id: 'carol' },
      { kind: '__proto__', id: 'carol' },
      { kind: 'user', id: '' },
      { kind: 'user', id: ['carol'] },
      { kind: 'user', id: 7 },
      { kind: 'user', id: null },
      { kind: 'user', id: 'a\u0000b' },
      { kind: 'user', id: 'a\nb' },
      { kind: 'user', id: 'x'.repeat(257) },
      { kind: 'user', id: 'carol', iss: '' },
      { kind: 'user', id: 'carol', iss: null },
      { kind: 'user', id: 'carol', all: true },
      { kind: 'user', id: 'carol', reason: 'x'.repeat(501) },
      { kind: 'user', id: 'carol', reason: 'a\u0000b' },
      { kind: 'user-client', id: 'carol' },
    ])('answer 400 for %j and revoke nothing', async (body) => {
      const before = (await changesOf('carol')).length;
      expectProblem(await post('revocations', body), 400);
      expect(await changesOf('carol')).toHaveLength(before);
    });
  });

  describe('hostile input', () => {
    const good = { clientId: 'shop', name: 'k', preset: 'read' };
    const keysOfShop = async () => (await list('clientId=shop&limit=100')).body as unknown;

    it.each<unknown>([
      [],
      [good],
      { ...good, clientId: ['shop'] },
      { ...good, clientId: { length: 4 } },
      { ...good, clientId: '' },
      { ...good, name: ['k'] },
      { ...good, name: 7 },
      { ...good, name: 'a\u0000b' },
      { ...good, name: '\u001b[31m' },
      { ...good, preset: 'root' },
      { ...good, preset: ['read'] },
      { ...good, preset: null },
      { ...good, preset: undefined },
      { ...good, preset: 'constructor' },
      { ...good, scope: ['invoices:read'] },
      { ...good, preset: undefined, scope: 'invoices:read' },
      { ...good, preset: undefined, scope: null },
      { ...good, preset: undefined, scope: [] },
      { ...good, preset: undefined, scope: [['invoices:read']] },
      { ...good, preset: undefined, scope: ['sallyport:admin'] },
      { ...good, preset: undefined, scope: { 0: 'invoices:read', length: 1 } },
      { ...good, user: [] },
      { ...good, user: [{ sub: 'alice' }] },
      { ...good, user: null },
      { ...good, user: 'alice' },
      { ...good, user: {} },
      { ...good, user: { sub: ['alice'] } },
      { ...good, user: { sub: 'alice', isAdmin: true } },
      { ...good, addressRanges: '10.0.0.0/8' },
      { ...good, addressRanges: [{}] },
      { ...good, addressRanges: ['10.0.0.0/8; DROP TABLE'] },
      { ...good, lifetimeSeconds: '3600' },
      { ...good, lifetimeSeconds: 1e308 },
      { ...good, lifetimeSeconds: -1 },
      { ...good, signedOnly: 'no' },
      { ...good, id: 'A'.repeat(16) },
      { ...good, secretHash: '00' },
      { ...good, clientEpoch: 99 },
      { ...good, reason: ['x'] },
      { ...good, ['x'.repeat(100_000 - 200)]: 1 },
      { ...good, ['\u001b[31mforged\n']: 1 },
      Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`f${index}`, index])),
    ])('is refused when a key is issued, and no key comes of it: %#', async (body) => {
      const before = await keysOfShop();
      const answer = await post('api-keys', body);
      expectProblem(answer, 400);
      expect(JSON.stringify(answer.body)).not.toMatch(/\\u001b|\\n/);
      expect(await keysOfShop()).toEqual(before);
    });

    it.each([
      '{"__proto__":{"preset":"admin"},"clientId":"shop","name":"k","preset":"read"}',
      '{"constructor":{"prototype":{"x":1}},"clientId":"shop","name":"k","preset":"read"}',
      '{"clientId":"shop","name":"k","preset":"read","user":{"sub":"a","__proto__":{"x":1}}}',
      '{"clientId":"shop"',
      '"shop"',
      'null',
      '7',
      '{"clientId":"shop","name":"k","preset":"read","x":"' + 'x'.repeat(3_000_000) + '"}',
      '['.repeat(50_000) + ']'.repeat(50_000),
    ])('is refused as text, too: %#', async (text) => {
      const before = await keysOfShop();
      expectProblem(await post('api-keys', text), 400, 413);
      expect(await keysOfShop()).toEqual(before);
      expect(({} as { x?: unknown }).x).toBeUndefined();
    });

    it.each([
      ['rotate', [{}]],
      ['rotate', { overlapSeconds: -1 }],
      ['rotate', { overlapSeconds: '60' }],
      ['rotate', { overlapSeconds: null }],
      ['rotate', { overlapSeconds: 2_592_001 }],
      ['rotate', { lifetimeSeconds: 1 }],
      ['revoke', []],
      ['revoke', { reason: null }],
      ['revoke', { force: true }],
    ])('is refused when a key is to %s: %j', async (operation, body) => {
      const { id, key } = await issue();
      expectProblem(await post(`api-keys/${id}/${operation}`, body), 400);
      expect(await api.get(ApiKeyService).get(id)).toMatchObject({
        replacedBy: null,
        revokedAt: null,
      });
      expect(await api.probe({ key })).toBe(200);
    });

    it.each([
      'clientId=',
      '',
      'clientId=shop&clientId=mobile',
      'clientId[$ne]=x',
      'clientId[]=shop',
      'clientId=shop&limit=0',
      'clientId=shop&limit=-1',
      'clientId=shop&limit=101',
      'clientId=shop&limit=1e1',
      'clientId=shop&limit=0x10',
      'clientId=shop&limit=+5',
      'clientId=shop&limit=',
      'clientId=shop&limit=1&limit=2',
      'clientId=shop&limit=99999999999999999999',
      'clientId=shop&after=x',
      'clientId=shop&after=%00',
      "clientId=shop&after=' OR 1=1--",
      'clientId=shop&unknown=1',
      'clientId=shop&__proto__=1',
      'clientId=shop&constructor=1',
      `clientId=${'x'.repeat(5000)}`,
    ])('is refused in the query of a list: %j', async (query) => {
      expectProblem(await list(query), 400, 431);
    });

    it.each([
      '..%2f..%2fclients',
      '%00',
      '%ff',
      '%0d%0aX-Evil:%201',
      "'%20OR%201=1--",
      '__proto__',
      'constructor',
      '%F0%9F%94%91',
      'x'.repeat(4000),
      'sp_test_A',
    ])('finds no key under the id %j', async (id) => {
      for (const operation of ['rotate', 'revoke']) {
        const answer = await api.call(`/admin/api-keys/${id}/${operation}`, {
          key: admin,
          method: 'POST',
        });
        // A path that cannot be decoded or routed is refused before Nest: by 4xx, in whatever form.
        if (answer.status === 400 || answer.status === 414) continue;
        expectProblem(answer, 404);
      }
    });
  });

  describe('is closed', () => {
    const operations = [
      ['POST', 'api-keys'],
      ['GET', 'api-keys?clientId=shop'],
      ['POST', 'api-keys/AAAAAAAAAAAAAAAA/rotate'],
      ['POST', 'api-keys/AAAAAAAAAAAAAAAA/revoke'],
      ['POST', 'revocations'],
      ['PUT', 'role-grants'],
      ['DELETE', 'role-grants'],
    ] as const;
    const scope = ['sallyport:admin'];
    const strangers: readonly (readonly [string, () => Promise<Credentials>, number])[] = [
      ['nobody', async () => ({}), 401],
      [
        "a user's token with the admin scope",
        async () => ({
          token: await api.token({
            sub: 'alice2',
            client_id: 'operator',
            scope: 'sallyport:admin',
            roles: ['admin'],
          }),
        }),
        401,
      ],
      [
        "a client's own token with the admin scope",
        async () => ({
          token: await api.token({
            sub: 'operator',
            client_id: 'operator',
            sub_type: 'client',
            scope: 'sallyport:admin',
            roles: undefined,
          }),
        }),
        401,
      ],
      [
        'a personal key with the admin scope',
        async () => ({
          key: await personalKey(),
        }),
        401,
      ],
      [
        "the app's admin key beside a user's token",
        async () => ({
          key: admin,
          token: await api.token({
            sub: 'alice2',
            client_id: 'operator',
            scope: 'sallyport:admin',
          }),
        }),
        403,
      ],
      ["an app's key without the scope", async () => ({ key: (await issue()).key }), 403],
      [
        "the client's secret",
        async () => ({
          basic: ['operator', (await issueSecret(api, 'operator')).plaintext] as const,
        }),
        401,
      ],
    ];
    const personalKey = async () => {
      const user = { issuer: OWN_ISSUER, subject: 'alice2' };
      const key = { clientId: 'operator', name: 'p', scope, user };
      return (await api.get(ApiKeyService).issue(key, seeder)).plaintext;
    };

    it.each(strangers)('to %s', async (_who, credentials, expected) => {
      const presented = await credentials();
      for (const [method, path] of operations) {
        const body = method === 'GET' ? undefined : {};
        const answer = await api.call(`/admin/${path}`, { ...presented, method, body });
        expectProblem(answer, expected);
      }
    });

    it('to an admin key whose client has lost the scope', async () => {
      const { plaintext } = await api
        .get(ApiKeyService)
        .issue({ clientId: 'shop', name: 'k', preset: 'admin' }, seeder);
      expectProblem(await api.call('/admin/api-keys?clientId=shop', { key: plaintext }), 403);
    });

    it('to a second key or header beside the good one', async () => {
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const sent = request(
          `${api.url}/admin/api-keys?clientId=shop`,
          { headers: { 'x-api-key': [admin, admin] } },
          (answer) => {
            answer.resume();
            resolve(answer.statusCode);
          },
        );
        sent.on('error', reject).end();
      });
      expect(status).toBe(400);
    });
  });

  it("does not open by `enforce: 'report'`", async () => {
    const reporting = await startInstance(adapter, {
      environment: 'development',
      enforce: 'report',
    });
    try {
      await seedClients(reporting);
      expect((await reporting.call('/health-of-nothing')).status).toBe(404);
      for (const [method, path] of [
        ['GET', 'api-keys?clientId=shop'],
        ['POST', 'api-keys'],
        ['POST', 'revocations'],
        ['PUT', 'role-grants'],
      ] as const) {
        const body = method === 'GET' ? undefined : {};
        expectProblem(await reporting.call(`/admin/${path}`, { method, body }), 401);
      }
    } finally {
      await reporting.app.close();
    }
  });
});
