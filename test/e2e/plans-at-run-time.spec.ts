import { ApiKeyService, ClientService } from '@sallyport/nest';
import { instanceSets, seeder, type Instance, type Instances } from '../support/instances.js';
import { soon } from '../support/stopwatch.js';

const reads = (limit: number) => ({ reads: { limit, windowSeconds: 60 } });

describe.each(instanceSets)('Plans on $name', ({ open }) => {
  let instances: Instances;
  let first: Instance;
  let second: Instance;
  let names = 0;

  beforeAll(async () => {
    instances = await open();
    [first, second] = instances.both;
  });
  afterAll(() => instances.close());

  const admin = (method: string, path: string, body?: unknown) =>
    first.call(`/admin/${path}`, { key: instances.admin, method, body });

  /** An app of its own for each test, with a key; in a plan, if one is named. */
  async function appWithKey(plan?: string): Promise<{ clientId: string; key: string }> {
    const clientId = `app-${(names += 1)}`;
    const client = {
      ...{ clientId, name: clientId, type: 'confidential' as const },
      scope: ['invoices:read'],
      ...(plan !== undefined && { plan }),
    };
    await first.get(ClientService).register(client, seeder);
    const issued = await first
      .get(ApiKeyService)
      .issue({ clientId, name: 'key', scope: ['invoices:read'] }, seeder);
    return { clientId, key: issued.plaintext };
  }

  const policyAt = async (instance: Instance, key: string): Promise<string | null> =>
    (await instance.call('/probe', { key })).headers.get('ratelimit-policy');

  const untilPolicyAt = (instance: Instance, key: string, text: string): Promise<void> =>
    soon(2000, async () => (await policyAt(instance, key)) === text);

  it('are changed while the app runs, and every instance keeps to them within about a second [C42]', async () => {
    const { key } = await appWithKey('gold');
    expect((await admin('PUT', 'plans/gold', reads(50))).status).toBe(200);
    await untilPolicyAt(first, key, '"client";q=50;w=60');
    await untilPolicyAt(second, key, '"client";q=50;w=60');
    await admin('PUT', 'plans/gold', { ...reads(3), perDay: 5, reason: 'downgraded' });
    expect(await policyAt(first, key)).toBe('"client";q=3;w=60, "client-day";q=5;w=86400');
    await untilPolicyAt(second, key, '"client";q=3;w=60, "client-day";q=5;w=86400');
  });

  it('a changed limit refuses at once what it no longer allows [C42]', async () => {
    const { clientId, key } = await appWithKey();
    for (let n = 0; n < 3; n++) expect(await first.probe({ key })).toBe(200);
    await admin('PUT', `clients/${clientId}/limits`, reads(0));
    expect(await first.probe({ key })).toBe(429);
  });

  it('single clients get limits of their own, and lose them again [C42]', async () => {
    const { clientId, key } = await appWithKey('gold');
    const { key: neighbour } = await appWithKey('gold');
    await admin('PUT', 'plans/gold', reads(100));
    await admin('PUT', `clients/${clientId}/limits`, { perMonth: 1000 });
    expect(await policyAt(first, key)).toBe('"client";q=100;w=60, "client-month";q=1000;w=2592000');
    expect(await policyAt(first, neighbour)).toBe('"client";q=100;w=60');
    expect((await admin('GET', `clients/${clientId}/limits`)).body).toEqual({
      clientId,
      quota: { perMonth: 1000 },
    });
    expect((await admin('DELETE', `clients/${clientId}/limits`)).body).toEqual({ changed: true });
    expect(await policyAt(first, key)).toBe('"client";q=100;w=60');
    expect((await admin('DELETE', `clients/${clientId}/limits`)).body).toEqual({ changed: false });
  });

  it('a plan that is taken away leaves its clients the default', async () => {
    const { key } = await appWithKey('brief');
    await admin('PUT', 'plans/brief', reads(7));
    expect(await policyAt(first, key)).toBe('"client";q=7;w=60');
    expect((await admin('GET', 'plans?limit=100')).body).toMatchObject({
      plans: expect.arrayContaining([{ name: 'brief', quota: reads(7) }]) as unknown,
    });
    expect((await admin('DELETE', 'plans/brief')).body).toEqual({ changed: true });
    expect(await policyAt(first, key)).toBe('"client";q=1000000;w=60');
    expect((await admin('GET', 'plans/brief')).status).toBe(404);
  });

  it.each([
    ['plans/gold', { reads: { limit: -1, windowSeconds: 60 } }],
    ['plans/gold', { reads: { limit: 1.5, windowSeconds: 60 } }],
    ['plans/gold', { reads: { limit: 1, windowSeconds: 0 } }],
    ['plans/gold', { reads: [] }],
    ['plans/gold', { perDay: '5' }],
    ['plans/gold', { surprise: 1 }],
    [`plans/${'x'.repeat(65)}`, {}],
    ['plans/a%20b', {}],
  ])('%s refuses %j, and changes nothing', async (path, body) => {
    const before = (await admin('GET', 'plans?limit=100')).body;
    expect((await admin('PUT', path, body)).status).toBe(400);
    expect((await admin('GET', 'plans?limit=100')).body).toEqual(before);
  });

  it('are for administrators only', async () => {
    const { key } = await appWithKey();
    expect((await first.call('/admin/plans', { key })).status).toBe(403);
    expect((await first.call('/admin/plans/gold', { key, method: 'PUT', body: {} })).status).toBe(
      403,
    );
    expect((await admin('PUT', 'clients/nobody/limits', {})).status).toBe(404);
  });
});
