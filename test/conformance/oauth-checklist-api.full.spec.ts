import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromAddress } from '../support/other-address.js';
import {
  adapters,
  call,
  embeddedStores,
  startReferenceApi,
  type Answer,
  type CallOptions,
  type RunningApi,
} from '../support/reference-api.js';

type Fields = Readonly<Record<string, unknown>>;

/** Every route of administration: as `METHOD /path`. */
const adminRoutes = Object.entries(
  JSON.parse(readFileSync(join(process.cwd(), 'test/e2e/policy-table.json'), 'utf8')) as Record<
    string,
    string
  >,
)
  .filter(([, demands]) => demands.includes('sallyport:admin'))
  .map(([route]) => route);

/** Members that nobody may set by naming them. */
const OWN_TO_THE_SERVER: readonly Fields[] = [
  { role: 'admin' },
  { roles: ['admin'] },
  { scopes: ['sallyport:admin'] },
  { tenantId: 'other' },
  { revoked: false },
  { revokedAt: null },
  { prefix: 'own' },
  { id: 'A'.repeat(16) },
  { secretHash: '0'.repeat(64) },
  { clientEpoch: 99 },
  { expiresAt: '2999-01-01T00:00:00Z' },
  { clientId: 'operator' },
  { subject: 'bob' },
];

describe.each(adapters)(
  'OAuth checklist, OWASP API Security Top 10 of the API, on %s',
  (adapter) => {
    let api: RunningApi;
    let alice: string;

    beforeAll(async () => {
      api = await startReferenceApi(adapter, embeddedStores);
      alice = await api.token('backoffice-web', 'alice');
    });
    afterAll(() => api.close());

    const admin = (method: string, path: string, body?: unknown): Promise<Answer> =>
      api.call(`/admin/${path}`, { key: api.key('operator'), method, body });
    const keysOf = async (clientId: string): Promise<readonly Fields[]> =>
      (await admin('GET', `api-keys?clientId=${clientId}`)).body.apiKeys as Fields[];

    /** Without when and how often they were used: that is written when it is written, whatever is asked. */
    const rightsOf = async (clientId: string): Promise<readonly Fields[]> =>
      (await keysOf(clientId)).map(({ lastUsedAt: _, useCount: __, ...rights }) => rights);

    describe('49. API3, property level', () => {
      it('49. An API key is issued with what may be asked for, and by no other member', async () => {
        const before = await rightsOf('partner');
        const key = { clientId: 'partner', name: 'k', preset: 'read' };
        for (const more of OWN_TO_THE_SERVER.filter((fields) => !('clientId' in fields))) {
          expect((await admin('POST', 'api-keys', { ...key, ...more })).status).toBe(400);
        }
        expect(await rightsOf('partner')).toEqual(before);
      });

      it('49. An API key is rotated to the same rights, whatever is asked for', async () => {
        const key = { clientId: 'partner', name: 'rotated', preset: 'read' };
        const { id, scope } = (await admin('POST', 'api-keys', key)).body as Fields;
        const path = `api-keys/${String(id)}/rotate`;
        for (const more of OWN_TO_THE_SERVER) {
          expect((await admin('POST', path, more)).status).toBe(400);
        }
        const { status, body } = await admin('POST', path, {});
        expect([status, body.scope, body.clientId]).toEqual([201, scope, 'partner']);
      });

      it('49. A session takes a name from its user, and nothing else', async () => {
        const sessions = async (): Promise<readonly Fields[]> =>
          (await api.call('/v1/me/sessions', { token: alice })).body as Fields[];
        const before = await sessions();
        const path = `/v1/me/sessions/${String(before[0]?.id)}`;
        const others = [...OWN_TO_THE_SERVER, { isCurrent: false }, { address: '192.0.2.1' }];
        for (const more of others) {
          const body = { deviceName: 'mine', ...more };
          expect((await api.call(path, { method: 'PATCH', token: alice, body })).status).toBe(400);
        }
        expect(await sessions()).toEqual(before);
      });

      it('49. A password is changed for the caller, and an invoice is a draft: no member says otherwise', async () => {
        const password = { currentPassword: 'a guess', newPassword: 'an entirely new one' };
        for (const more of [{ username: 'bob' }, { sub: api.sub('bob') }, { role: 'admin' }]) {
          const body = { ...password, ...more };
          const answer = await api.call('/v1/me/password', { method: 'POST', token: alice, body });
          expect(answer.status).toBe(400);
        }
        const invoice = { amountCents: 1, currency: 'EUR' };
        for (const more of [{ status: 'approved' }, { createdBy: 'bob' }, { id: 'x' }]) {
          const body = { ...invoice, ...more };
          const answer = await api.call('/v1/invoices', { method: 'POST', token: alice, body });
          expect(answer.status).toBe(400);
        }
      });

      it('49. No hash and no secret is in an answer, but for the one that hands a key out', async () => {
        const key = { clientId: 'partner', name: 'listed', preset: 'read' };
        const issued = await admin('POST', 'api-keys', key);
        const text = issued.body.key as string;
        const { key: _once, ...rest } = issued.body as Fields;
        const answers = [
          rest,
          await keysOf('partner'),
          (await api.call('/v1/me/sessions', { token: alice })).body,
          (await api.call('/v1/me/consents', { token: alice })).body,
          (await api.call('/v1/me', { token: alice })).body,
        ].map((body) => JSON.stringify(body));
        for (const answer of answers) {
          expect(answer).not.toMatch(/hash|secret|sealed|refresh|successor/i);
          expect(answer).not.toContain(text.slice(-49));
        }
      });
    });

    describe('51. API5, function level', () => {
      /** One address may not ask so often. */
      let ways: readonly Awaited<ReturnType<typeof fromAddress>>[];
      let asked = 0;
      beforeAll(async () => {
        const addresses = Array.from({ length: 8 }, (_, index) => `127.0.0.${index + 2}`);
        ways = await Promise.all(addresses.map((address) => fromAddress(address, api.url)));
      });
      afterAll(() => {
        for (const way of ways) way.close();
      });
      const callFromAnywhere = (path: string, options: CallOptions): Promise<Answer> =>
        call(`${ways[asked++ % ways.length]?.url ?? ''}${path}`, options);

      const normal = async (): Promise<readonly CallOptions[]> => [
        { token: alice },
        { token: await api.token('nightly-job') },
        { key: api.key('nightly-job') },
        { key: api.key('backoffice-web'), token: alice },
      ];
      /** None of them does anything, and the last word is that the operator sees the same as before. */
      const expectClosed = async (calls: readonly (readonly [string, CallOptions])[]) => {
        const before = await rightsOf('nightly-job');
        for (const [path, options] of calls) {
          for (const credentials of await normal()) {
            const { status } = await callFromAnywhere(path, { ...options, ...credentials });
            expect([path, [401, 403, 404, 405].includes(status), status]).toEqual([
              path,
              true,
              status,
            ]);
          }
        }
        expect(await rightsOf('nightly-job')).toEqual(before);
      };
      const targets = (): readonly (readonly [method: string, path: string])[] => {
        const id = api.demo.apiKeys.find(({ client_id: client }) => client === 'nightly-job')?.id;
        return adminRoutes.map((route) => {
          const [method = '', path = ''] = route.replace(':id', id ?? '').split(' ');
          return [method, method === 'GET' ? `${path}?clientId=nightly-job` : path];
        });
      };
      const bodyFor = (method: string): Pick<CallOptions, 'body'> =>
        method === 'GET' ? {} : { body: { clientId: 'nightly-job', name: 'k', preset: 'read' } };

      it('51. Every route of administration is closed to a user, an app and both together', async () => {
        expect(targets().length).toBeGreaterThan(5);
        await expectClosed(
          targets().map(([method, path]) => [path, { method, ...bodyFor(method) }]),
        );
      });

      it('51. Neither a final slash nor other letters nor a doubled slash opens one', async () => {
        const respelt = (path: string) => [
          path.replace(/(?=\?|$)/, '/'),
          path.replace('/admin', '/ADMIN'),
          path.replace('/admin', '//admin'),
          path.replace('/admin', '/v1/../admin'),
          path.replace('/admin', '/%61dmin'),
        ];
        await expectClosed(
          targets().flatMap(([method, path]) =>
            respelt(path).map((other) => [other, { method, ...bodyFor(method) }] as const),
          ),
        );
      });

      it('51. No header or parameter makes another method of the one that is sent', async () => {
        const overriding = (method: string) => ({
          'x-http-method-override': method,
          'x-http-method': method,
          'x-method-override': method,
        });
        // What any app may ask for stays what it is.
        const query = '/v1/invoices?_method=DELETE';
        const options = { key: api.key('nightly-job'), headers: overriding('DELETE') };
        expect((await callFromAnywhere(query, options)).status).toBe(400);
        expect((await callFromAnywhere('/v1/invoices', options)).status).toBe(200);
        await expectClosed(
          targets().map(([method, path]) => [
            path,
            { method: method === 'GET' ? 'POST' : 'GET', headers: overriding(method) },
          ]),
        );
      });
    });
  },
);
