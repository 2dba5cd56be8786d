import { setTimeout as sleep } from 'node:timers/promises';
import {
  ANY_CLIENT,
  ApiKeyService,
  ClientSecretService,
  ClientService,
  RoleGrantService,
  SallyportError,
  UserStatusService,
} from '@sallyport/nest';
import { transactionOf } from '@sallyport/nest/typeorm';
import { DataSource } from 'typeorm';
import { ChangeStore } from '../../libs/sallyport/src/audit/change.store.js';
import {
  instanceSets,
  issueSecret,
  OWN_ISSUER,
  seeder,
  type Credentials,
  type Instance,
  type Instances,
} from '../support/instances.js';
import { answered, patiently } from '../support/patience.js';
import type { Answer } from '../support/reference-api.js';
import { soon } from '../support/stopwatch.js';

const WITHIN_MILLISECONDS = 1000;

describe.each(instanceSets)('$name', ({ open }) => {
  let set: Instances;
  let first: Instance;
  let second: Instance;
  beforeAll(async () => {
    set = await open();
    [first, second] = set.both;
  });
  afterAll(() => set.close());

  const admin = (path: string, body: object = {}, instance = first, method = 'POST') =>
    instance.call(`/admin/${path}`, { key: set.admin, body, method });
  const issue = async (fields: object = {}): Promise<{ id: string; key: string }> => {
    const body = { clientId: 'shop', name: 'k', scope: ['invoices:read'], ...fields };
    const answer = await answered(() => admin('api-keys', body));
    expect(answer.status).toBe(201);
    return answer.body as { id: string; key: string };
  };
  /** 20 at once, by turns on either instance. Who waited in vain for the one session of PGlite comes again. */
  const twenty = (work: (instance: Instance, index: number) => Promise<Answer>) =>
    Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        answered(() => work(set.both[index % 2] ?? first, index)),
      ),
    );
  const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status).sort();
  const keysOf = async (clientId: string) => {
    const answer = await first.call(`/admin/api-keys?clientId=${clientId}&limit=100`, {
      key: set.admin,
    });
    return answer.body.apiKeys as { id: string; replacedBy: string | null; useCount: number }[];
  };
  const newClient = async (clientId: string) => {
    const scope = ['invoices:read', 'invoices:write'];
    const client = { clientId, name: clientId, type: 'confidential' as const, scope };
    await first.get(ClientService).register(client, seeder);
    return clientId;
  };
  const everywhere = (credentials: Credentials) =>
    Promise.all(set.both.map((instance) => instance.probe(credentials)));
  /** Asks both until they answer so; fails when a second was not enough. */
  const becomes = async (credentials: Credentials, status: number) => {
    await soon(WITHIN_MILLISECONDS, async () =>
      (await everywhere(credentials)).every((answer) => answer === status),
    );
  };
  /** Both instances have verified it, so that it is in every cache there is, and then it is ended. */
  const endsWithin1s = async (credentials: Credentials, end: () => Promise<unknown>) => {
    expect(await everywhere(credentials)).toEqual([200, 200]);
    await end();
    await becomes(credentials, 401);
  };

  describe('20 at once', () => {
    it('issue 20 keys, and lose none', async () => {
      const clientId = await newClient('twenty-keys');
      const answers = await twenty((instance, index) =>
        admin('api-keys', { clientId, name: `k${index}`, preset: 'read' }, instance),
      );
      expect(statuses(answers)).toEqual(Array<number>(20).fill(201));
      const issued = answers.map(({ body }) => body as { id: string; key: string });
      expect(new Set(issued.map(({ key }) => key)).size).toBe(20);
      expect((await keysOf(clientId)).map(({ id }) => id).sort()).toEqual(
        issued.map(({ id }) => id).sort(),
      );
      for (const { key } of issued) expect(await second.probe({ key })).toBe(200);
    });

    it('rotate one key: one wins, 19 hear of the conflict, the old key has its overlap [C28]', async () => {
      const clientId = await newClient('twenty-rotations');
      const old = await issue({ clientId });
      const answers = await twenty((instance) => admin(`api-keys/${old.id}/rotate`, {}, instance));
      expect(statuses(answers)).toEqual([201, ...Array<number>(19).fill(409)]);
      const winner = answers.find(({ status }) => status === 201)?.body as typeof old;
      const keys = await keysOf(clientId);
      expect(keys).toHaveLength(2);
      expect(keys.find(({ id }) => id === old.id)?.replacedBy).toBe(winner.id);
      expect(await everywhere({ key: old.key })).toEqual([200, 200]);
      expect(await everywhere({ key: winner.key })).toEqual([200, 200]);
    });

    it('revoke one key: all are answered 200, one did it, and it is dead within 1 s [C29]', async () => {
      const { id, key } = await issue();
      await endsWithin1s({ key }, async () => {
        const answers = await twenty((instance) =>
          admin(`api-keys/${id}/revoke`, { reason: 'leaked' }, instance),
        );
        expect(statuses(answers)).toEqual(Array<number>(20).fill(200));
        for (const { body } of answers) expect(body).toMatchObject({ id, state: 'revoked' });
        expect(new Set(answers.map(({ body }) => body.revokedAt as string)).size).toBe(1);
      });
      const again = await issue();
      const did = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          patiently(() =>
            (set.both[index % 2] ?? first).get(ApiKeyService).revoke(again.id, seeder),
          ),
        ),
      );
      expect(did.filter(Boolean)).toHaveLength(1);
    });

    it('revoke one client secret: all are answered 204, and it is dead within 1 s', async () => {
      const { secret, plaintext } = await issueSecret(first, 'shop');
      await endsWithin1s({ basic: ['shop', plaintext] }, async () => {
        const body = { kind: 'client-secret', id: secret.id };
        const answers = await twenty((instance) => admin('revocations', body, instance));
        expect(statuses(answers)).toEqual(Array<number>(20).fill(204));
      });
    });

    it('grant one role, and withdraw it: one of each changes something', async () => {
      const grant = { sub: 'twenty', clientId: 'mobile', role: 'viewer' };
      for (const method of ['PUT', 'DELETE']) {
        const answers = await twenty((instance) => admin('role-grants', grant, instance, method));
        expect(statuses(answers)).toEqual(Array<number>(20).fill(200));
        expect(answers.filter(({ body }) => body.changed as boolean)).toHaveLength(1);
      }
    });

    it('update different fields of a client, and lose none', async () => {
      const clientId = await newClient('twenty-updates');
      const updates = [
        { name: 'New name' },
        { isThirdParty: true },
        { scope: ['invoices:read'] },
        { grantTypes: ['client_credentials'] },
        { redirectUris: ['https://app.example.com/cb'] },
        { origins: ['https://app.example.com'] },
        { plan: 'gold' },
        { userAgent: { product: 'App' } },
      ];
      await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          patiently(() =>
            (set.both[index % 2] ?? first)
              .get(ClientService)
              .update(clientId, updates[index % updates.length] ?? {}, seeder),
          ),
        ),
      );
      expect(await second.get(ClientService).get(clientId)).toMatchObject({
        ...Object.assign({}, ...updates),
        version: 21,
      });
    });

    it('rotate and revoke: a key that was revoked first gets no successor, and is dead in any case', async () => {
      const clientId = await newClient('rotate-and-revoke');
      for (let round = 0; round < 5; round++) {
        const old = await issue({ clientId });
        const answers = await twenty((instance, index) =>
          admin(`api-keys/${old.id}/${index % 2 === 0 ? 'rotate' : 'revoke'}`, {}, instance),
        );
        const rotated = answers.filter(({ status }) => status === 201);
        expect(rotated.length).toBeLessThanOrEqual(1);
        const found = (await keysOf(clientId)).find(({ id }) => id === old.id);
        expect(found).toMatchObject({
          state: 'revoked',
          replacedBy: (rotated[0]?.body.id as string | undefined) ?? null,
        });
        await becomes({ key: old.key }, 401);
        for (const { body } of rotated) {
          expect(await everywhere({ key: body.key as string })).toEqual([200, 200]);
        }
      }
      const keys = await keysOf(clientId);
      const successors = new Set(keys.map(({ replacedBy }) => replacedBy));
      const old = keys.filter(({ id }) => !successors.has(id));
      expect(old).toHaveLength(5);
    });

    it('rotate the secrets of a client: after the overlap one is left [C79]', async () => {
      const clientId = await newClient('twenty-secrets');
      await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          patiently(() =>
            (set.both[index % 2] ?? first)
              .get(ClientSecretService)
              .rotate(clientId, seeder, { overlapSeconds: 0 }),
          ),
        ),
      );
      expect(await second.get(ClientSecretService).list(clientId)).toHaveLength(1);
    });

    it('use one key: no use is lost, whichever instance counted it [W7] [T12]', async () => {
      const clientId = await newClient('twenty-uses');
      const { id, key } = await issue({ clientId });
      for (let round = 0; round < 5; round++) {
        await twenty((instance) => instance.call('/probe', { key }));
      }
      const count = async () => (await keysOf(clientId)).find((found) => found.id === id)?.useCount;
      expect(await count()).toBeLessThanOrEqual(100);
      for (let tries = 0; tries < 200 && (await count()) !== 100; tries++) await sleep(100);
      expect(await count()).toBe(100);
    });
  });

  describe('within a second, everywhere', () => {
    const user = (sub: string, client_id = 'mobile', claims = {}) =>
      first.token({ sub, client_id, ...claims });

    it('ends one token by its jti, and no other [C62] [C65] [W2]', async () => {
      const token = await user('anna', 'mobile', { jti: 'anna-1' });
      const other = await user('anna', 'mobile', { jti: 'anna-2' });
      await endsWithin1s({ token }, () => admin('revocations', { kind: 'token', id: 'anna-1' }));
      expect(await everywhere({ token: other })).toEqual([200, 200]);
    });

    it('shows administration how fast and from where every instance is told [N2]', async () => {
      const answers = await Promise.all(
        set.both.map((instance) => instance.call('/admin/revocations/status', { key: set.admin })),
      );
      for (const { status, body } of answers) {
        expect(status).toBe(200);
        expect(body).toMatchObject({ source: 'stream' });
        expect(body.stalenessSeconds).toBeLessThan(5);
        expect(body.entries).toBeGreaterThan(0);
        expect(Object.keys(body.propagation as object)).toEqual(['stream', 'poll']);
      }
    });

    it('lets nobody in where a route asks at every request, from the answer on [N2]', async () => {
      const token = await user('kurt', 'mobile', { jti: 'kurt-1' });
      for (const instance of set.both) {
        expect(await instance.probe({ token }, '/strict')).toBe(200);
      }
      await admin('revocations', { kind: 'token', id: 'kurt-1' });
      for (const instance of set.both) {
        expect(await instance.probe({ token }, '/strict')).toBe(401);
      }
    });

    it('ends a session, and no other [W2]', async () => {
      const token = await user('bert', 'mobile', { sid: 'bert-1' });
      const other = await user('bert', 'mobile', { sid: 'bert-2' });
      await endsWithin1s({ token }, () => admin('revocations', { kind: 'session', id: 'bert-1' }));
      expect(await everywhere({ token: other })).toEqual([200, 200]);
    });

    it('ends all of a user, personal keys too, and nothing of what comes later [C68]', async () => {
      const token = await user('cleo');
      const { key } = await issue({ user: { sub: 'cleo' } });
      await first
        .get(RoleGrantService)
        .grant(
          { user: { issuer: OWN_ISSUER, subject: 'cleo' }, clientId: 'shop', role: 'viewer' },
          seeder,
        );
      const app = await issue();
      await becomes({ key }, 200);
      await endsWithin1s({ token }, () => admin('revocations', { kind: 'user', id: 'cleo' }));
      expect(await everywhere({ key })).toEqual([401, 401]);
      expect(await everywhere({ key: app.key })).toEqual([200, 200]);
      expect(await everywhere({ token: await user('cleo') })).toEqual([200, 200]);
    });

    it('ends a user in one client, and leaves the other alone', async () => {
      const [mobile, shop] = [await user('dora'), await user('dora', 'shop')];
      const body = { kind: 'user-client', id: 'dora', clientId: 'mobile' };
      await endsWithin1s({ token: mobile }, () => admin('revocations', body));
      expect(await everywhere({ token: shop })).toEqual([200, 200]);
      const all = { kind: 'user-client', id: 'dora', clientId: ANY_CLIENT };
      await endsWithin1s({ token: shop }, () => admin('revocations', all));
    });

    it('ends all of a client: tokens, keys and secrets; later ones are good', async () => {
      const clientId = await newClient('revoked-client');
      const token = await user('emil', clientId);
      const { key } = await issue({ clientId });
      const { plaintext } = await issueSecret(first, clientId);
      expect(await everywhere({ basic: [clientId, plaintext] })).toEqual([200, 200]);
      expect(await everywhere({ key })).toEqual([200, 200]);
      await endsWithin1s({ token }, () => admin('revocations', { kind: 'client', id: clientId }));
      expect(await everywhere({ key })).toEqual([401, 401]);
      expect(await everywhere({ basic: [clientId, plaintext] })).toEqual([401, 401]);
      const later = await issue({ clientId });
      const secret = await issueSecret(second, clientId);
      expect(await everywhere({ key: later.key })).toEqual([200, 200]);
      expect(await everywhere({ basic: [clientId, secret.plaintext] })).toEqual([200, 200]);
      expect(await everywhere({ token: await user('emil', clientId) })).toEqual([200, 200]);
    });

    it('stops key, secret and token of a disabled client, until it is enabled', async () => {
      const clientId = await newClient('disabled-client');
      const all: readonly Credentials[] = [
        { token: await user('fred', clientId) },
        { key: (await issue({ clientId })).key },
        { basic: [clientId, (await issueSecret(first, clientId)).plaintext] },
      ];
      const become = async (status: number) => {
        for (const credentials of all) await becomes(credentials, status);
      };
      await become(200);
      await first.get(ClientService).disable(clientId, seeder);
      await become(401);
      await second.get(ClientService).enable(clientId, seeder);
      await become(200);
    });

    it('ends a key by either way of revoking it [C29]', async () => {
      for (const revoke of [
        (id: string) => admin(`api-keys/${id}/revoke`),
        (id: string) => admin('revocations', { kind: 'api-key', id }),
      ]) {
        const { id, key } = await issue();
        await endsWithin1s({ key }, () => revoke(id));
      }
    });

    it('narrows scope and addresses of a key, and scope of a client [C27]', async () => {
      const clientId = await newClient('narrowed');
      const { id, key } = await issue({ clientId });
      await endsWithin1s({ key }, () =>
        first.get(ApiKeyService).update(id, { addressRanges: ['192.0.2.0/24'] }, seeder),
      );
      const other = await issue({ clientId });
      expect(await everywhere({ key: other.key })).toEqual([200, 200]);
      await first.get(ClientService).update(clientId, { scope: ['invoices:write'] }, seeder);
      await becomes({ key: other.key }, 403);
    });

    it('ends what a suspended user holds, for good', async () => {
      const gerd = { issuer: OWN_ISSUER, subject: 'gerd' };
      const token = await user('gerd');
      await endsWithin1s({ token }, () => first.get(UserStatusService).suspend(gerd, seeder));
      await becomes({ token: await user('gerd') }, 401);
      await second.get(UserStatusService).reinstate(gerd, seeder);
      await becomes({ token: await user('gerd') }, 200);
      expect(await everywhere({ token })).toEqual([401, 401]);
    });

    it('makes tokens stale when a role is granted or withdrawn; a new one has the new roles [W2]', async () => {
      const grant = { sub: 'hugo', clientId: 'mobile', role: 'editor' };
      for (const method of ['PUT', 'DELETE']) {
        const token = await user('hugo');
        await endsWithin1s({ token }, () => admin('role-grants', grant, first, method));
        expect(await everywhere({ token: await user('hugo') })).toEqual([200, 200]);
      }
      const elsewhere = await user('hugo', 'shop');
      await admin('role-grants', grant, first, 'PUT');
      await sleep(WITHIN_MILLISECONDS);
      expect(await everywhere({ token: elsewhere })).toEqual([200, 200]);
      await admin('role-grants', { sub: 'hugo', role: 'viewer' }, first, 'PUT');
      await becomes({ token: elsewhere }, 401);
    });

    it('ends every token of an issuer, and none that it issues later', async () => {
      const token = await user('lena');
      const { key } = await issue();
      await endsWithin1s({ token }, () => admin('revocations', { kind: 'issuer', id: OWN_ISSUER }));
      expect(await everywhere({ key })).toEqual([200, 200]);
      await sleep(WITHIN_MILLISECONDS); // `iat` knows seconds
      expect(await everywhere({ token: await user('lena') })).toEqual([200, 200]);
    });

    it('ends what a signing key signed; the next one signs on', async () => {
      const token = await user('ida');
      const header = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
      const body = { kind: 'signing-key', id: (header as { kid: string }).kid };
      await endsWithin1s({ token }, async () => {
        expect((await admin('revocations', body)).status).toBe(204);
      });
      expect((await admin('revocations', body, second)).status).toBe(204);
      const next = await second.token({ sub: 'ida', client_id: 'mobile' });
      expect(await everywhere({ token: next })).toEqual([200, 200]);
    });
  });

  it('keep no session: a credential is answered alike wherever it arrives, without cookies [C51]', async () => {
    const token = await first.token({ sub: 'jana', client_id: 'mobile' });
    const { key } = await issue();
    for (const credentials of [{ token }, { key }]) {
      const answers = [];
      for (const instance of [second, first, second, first]) {
        const { status, headers, body } = await instance.call('/probe', credentials);
        expect(headers.getSetCookie()).toEqual([]);
        answers.push({ status, body: body as unknown });
      }
      expect(answers[0]?.status).toBe(200);
      for (const answer of answers) expect(answer).toEqual(answers[0]);
    }
  });

  it("undoes key, revocation and record together when the host's transaction fails", async () => {
    const { id, key } = await issue();
    let other = '';
    const failed = first.get(DataSource).transaction(async (manager) => {
      const transaction = transactionOf(manager);
      const fields = { clientId: 'shop', name: 'k', preset: 'read' } as const;
      other = (await first.get(ApiKeyService).issue(fields, seeder, transaction)).apiKey.id;
      await first.get(ApiKeyService).revoke(id, seeder, transaction);
      await first.get(ClientService).disable('shop', seeder, transaction);
      throw new Error('later step');
    });
    await expect(failed).rejects.toThrow('later step');
    expect(await everywhere({ key })).toEqual([200, 200]);
    await expect(first.get(ApiKeyService).get(other)).rejects.toThrow(SallyportError);
    const changes = first.get(ChangeStore);
    expect(await changes.listByObject(other, 10)).toEqual([]);
    expect(await changes.listByObject(id, 10)).toHaveLength(1);
  });

  it('writes nothing that the change does not get to: a refused operation leaves no trace', async () => {
    const before = await keysOf('shop');
    const body = { clientId: 'shop', name: 'k', scope: ['sallyport:admin'] };
    expect((await admin('api-keys', body)).status).toBe(400);
    const personal = { clientId: 'nobody', name: 'k', preset: 'read' };
    expect((await admin('api-keys', personal)).status).toBe(404);
    expect(await keysOf('shop')).toHaveLength(before.length);
    await expect(first.get(ClientService).get('nobody')).rejects.toThrow(SallyportError);
  });
});
