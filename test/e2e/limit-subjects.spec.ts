import { Controller, Get } from '@nestjs/common';
import { Clock, RateLimit, Scopes, type SallyportOptions } from '@sallyport/nest';
import { FrozenClock } from '@sallyport/nest/testing';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { issueKey, register } from '../support/cast.js';
import { ownToken } from '../support/own-tokens.js';

let handled = 0;
const handle = () => {
  handled += 1;
  return 'ok';
};

@Controller()
@Scopes('a')
class CountedController {
  @Get('client') @RateLimit({ policy: 'by-client' }) client() {
    return handle();
  }
  @Get('api-key') @RateLimit({ policy: 'by-key' }) apiKey() {
    return handle();
  }
  @Get('user') @RateLimit({ policy: 'by-user' }) user() {
    return handle();
  }
  @Get('user-everywhere') @RateLimit({ policy: 'by-person' }) userEverywhere() {
    return handle();
  }
  @Get('address') @RateLimit({ policy: 'by-address' }) address() {
    return handle();
  }
  @Get('everyone') @RateLimit({ policy: 'by-everyone' }) everyone() {
    return handle();
  }
  @Get('plain') plain() {
    return handle();
  }
}

const once = { limit: 1, windowSeconds: 3600 };
const policies = {
  'by-client': { ...once, by: 'client' },
  'by-key': { ...once, by: 'api-key' },
  'by-user': { ...once, by: 'user' },
  'by-person': { ...once, by: 'user-everywhere' },
  'by-address': { ...once, by: 'address' },
  'by-everyone': { ...once, by: 'everyone' },
} as const;

describeOnAdapters('Whom limits count', (start) => {
  let api: TestApi;
  let clock: FrozenClock;

  const startWith = async (throttling: SallyportOptions['throttling'] = {}, now = new Date()) => {
    clock = new FrozenClock(now);
    api = await start({
      controllers: [CountedController],
      options: {
        throttling: { policies, ...throttling },
        trustedProxies: ['127.0.0.1'],
        revocation: { maxStalenessSeconds: 3600 },
      },
      override: (builder) => builder.overrideProvider(Clock).useValue(clock),
    });
    for (const clientId of ['shop', 'kiosk']) await register(api.app, clientId, ['a']);
    handled = 0;
  };
  const key = async (clientId: string) => ({
    'X-API-Key': (await issueKey(api.app, clientId)).plaintext,
  });
  const user = async (clientId: string, name: string) => ({
    Authorization: `Bearer ${await ownToken(api.app, { clientId, user: name, scope: 'a' })}`,
  });
  const statuses = async (path: string, ...callers: readonly Record<string, string>[]) => {
    const seen: number[] = [];
    for (const headers of callers) seen.push((await api.get(path, headers)).status);
    expect(handled).toBe(seen.filter((status) => status === 200).length);
    handled = 0;
    return seen;
  };

  it('by client, API key, user in a client, user, address, or all together [C33] [C34] [W8]', async () => {
    await startWith();
    const [one, another, kiosk] = [await key('shop'), await key('shop'), await key('kiosk')];
    const [alice, bob] = [await user('shop', 'alice'), await user('shop', 'bob')];
    const aliceAtKiosk = await user('kiosk', 'alice');
    expect(await statuses('/client', one, another, alice, kiosk)).toEqual([200, 429, 429, 200]);
    expect(await statuses('/api-key', one, one, another)).toEqual([200, 429, 200]);
    expect(await statuses('/user', alice, alice, aliceAtKiosk, bob)).toEqual([200, 429, 200, 200]);
    expect(await statuses('/user-everywhere', alice, aliceAtKiosk, bob)).toEqual([200, 429, 200]);
    const from = (address: string, headers: Record<string, string>) => ({
      ...headers,
      'X-Forwarded-For': address,
    });
    expect(
      await statuses(
        '/address',
        ...[from('192.0.2.1', one), from('192.0.2.1', kiosk), from('192.0.2.2', one)],
        ...[from('2001:db8::1', one), from('2001:db8::2', one), from('2001:db8:0:1::1', one)],
      ),
    ).toEqual([200, 429, 200, 200, 429, 200]);
    expect(await statuses('/everyone', one, kiosk, bob)).toEqual([200, 429, 429]);
  });

  it('one user through all clients, beside the quota in each [C33] [W8]', async () => {
    await startWith({ userEverywhere: { reads: { limit: 2, windowSeconds: 3600 } } });
    const [alice, bob] = [await user('shop', 'alice'), await user('shop', 'bob')];
    const aliceAtKiosk = await user('kiosk', 'alice');
    expect(await statuses('/plain', alice, aliceAtKiosk, alice, aliceAtKiosk, bob)).toEqual([
      200, 200, 429, 429, 200,
    ]);
    expect((await api.get('/plain', alice)).body).toMatchObject({ policy: 'user-everywhere' });
  });

  it('IPv6 by as many bits as it is told [C33]', async () => {
    await startWith({ address: { limit: 1, windowSeconds: 3600 }, ipv6PrefixLength: 48 });
    const one = await key('shop');
    const from = (address: string) => ({ ...one, 'X-Forwarded-For': address });
    expect(
      await statuses(
        '/plain',
        ...[from('2001:db8:0:1::1'), from('2001:db8:0:2::1'), from('2001:db8:1::1')],
      ),
    ).toEqual([200, 429, 200]);
  });

  it.each([
    ['perDay', 'client-day', '2030-07-10T11:59:00Z'],
    ['perMonth', 'client-month', '2030-07-31T11:59:00Z'],
  ])('%s until midnight in the time zone of the options [C42]', async (field, policy, now) => {
    await startWith({ client: { [field]: 1 }, timeZone: 'Pacific/Auckland' }, new Date(now));
    const one = await key('shop');
    expect(await statuses('/plain', one, one)).toEqual([200, 429]);
    const refused = await api.get('/plain', one);
    expect(refused.body).toMatchObject({ policy });
    expect(refused.headers['retry-after']).toBe('60');
    clock.advance(59);
    expect(await statuses('/plain', one)).toEqual([429]);
    clock.advance(1);
    expect(await statuses('/plain', one, one)).toEqual([200, 429]);
  });
});
