import { Controller, Get, Post } from '@nestjs/common';
import {
  ClientService,
  Clock,
  Public,
  RateLimit,
  Scopes,
  SkipThrottle,
  Throttle,
  type SallyportOptions,
} from '@sallyport/nest';
import { FrozenClock } from '@sallyport/nest/testing';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { BY, clientWithKey, issueKey, register } from '../support/cast.js';
import { ownToken } from '../support/own-tokens.js';

let handled = 0;
const handle = () => {
  handled += 1;
  return 'ok';
};

@Controller()
class LimitedController {
  @Get('read') @Scopes('a') read() {
    return handle();
  }
  @Post('write') @Scopes('a') write() {
    return handle();
  }
  @Get('search') @Throttle({ default: { limit: 2, ttl: 60_000 } }) search() {
    return handle();
  }
  @Get('limited') @RateLimit({ limit: 1, windowSeconds: 30 }) limited() {
    return handle();
  }
  @Get('skipped') @SkipThrottle() skipped() {
    return handle();
  }
  @Public() @Get('login') @RateLimit({ limit: 2, windowSeconds: 60 }) login() {
    return handle();
  }
}

const reads = (limit: number) => ({ reads: { limit, windowSeconds: 60 } });

describeOnAdapters('Limits', (start) => {
  let api: TestApi;
  let clock: FrozenClock;

  const startWith = async (throttling: SallyportOptions['throttling'] = {}) => {
    clock = new FrozenClock(new Date());
    api = await start({
      controllers: [LimitedController],
      options: { throttling, trustedProxies: ['127.0.0.1'] },
      override: (builder) => builder.overrideProvider(Clock).useValue(clock),
    });
    handled = 0;
  };
  const statuses = async (times: number, path: string, headers: Record<string, string>) => {
    const seen: number[] = [];
    for (let n = 0; n < times; n++) seen.push((await api.get(path, headers)).status);
    return seen;
  };
  const key = async (clientId: string) => ({
    'X-API-Key': await clientWithKey(api.app, clientId, ['a']),
  });
  const user = async (clientId: string, name: string) => ({
    Authorization: `Bearer ${await ownToken(api.app, { clientId, user: name, scope: 'a' })}`,
  });

  it('stop an address that guesses keys, before they are looked at [C33]', async () => {
    await startWith({ address: { limit: 5 } });
    const good = await key('shop');
    const guesses = await statuses(6, '/read', { 'X-API-Key': 'guess' });
    expect(guesses).toEqual([401, 401, 401, 401, 401, 429]);
    expect(await statuses(1, '/read', good)).toEqual([429]);
    const elsewhere = { ...good, 'X-Forwarded-For': '198.51.100.7' };
    expect(await statuses(1, '/read', elsewhere)).toEqual([200]);
    expect(handled).toBe(1);
  });

  it('of a client are shown, and refuse with the time to wait [C33]', async () => {
    await startWith({ client: reads(2) });
    const headers = await key('shop');
    const first = await api.get('/read', headers);
    expect(first.headers).toMatchObject({
      'ratelimit-policy': '"client";q=2;w=60',
      ratelimit: '"client";r=1;t=30',
    });
    await api.get('/read', headers);
    clock.advance(20);
    const refused = await api.get('/read', headers);
    expect(refused).toMatchObject({
      status: 429,
      headers: { 'content-type': 'application/problem+json; charset=utf-8' },
      body: { type: 'urn:sallyport:problem:rate-limited', status: 429 },
    });
    expect(handled).toBe(2);
    // Retry-After is no earlier than `t` (draft-ietf-httpapi-ratelimit-headers-10 §5).
    expect(refused.headers).toMatchObject({
      'retry-after': '10',
      ratelimit: '"client";r=0;t=10',
    });
    clock.advance(Number(refused.headers['retry-after']));
    expect(await statuses(1, '/read', headers)).toEqual([200]);
  });

  it('of writes and of reads are apart [C33]', async () => {
    await startWith({ client: { ...reads(1), writes: { limit: 1, windowSeconds: 60 } } });
    const headers = await key('shop');
    expect(await statuses(2, '/read', headers)).toEqual([200, 429]);
    const written = await api.send('POST', '/write', headers);
    expect(written.status).toBe(201);
    // Two limits of two names, or who reads the fields would take the one for the other.
    expect(written.headers['ratelimit-policy']).toBe('"client-writes";q=1;w=60');
    expect((await api.send('POST', '/write', headers)).body).toMatchObject({
      status: 429,
      policy: 'client-writes',
    });
  });

  it('count each user and each API key [C33]', async () => {
    await startWith({ user: reads(1), apiKey: reads(2) });
    await register(api.app, 'shop', ['a']);
    expect(await statuses(2, '/read', await user('shop', 'alice'))).toEqual([200, 429]);
    expect(await statuses(1, '/read', await user('shop', 'bob'))).toEqual([200]);
    for (const expected of [
      [200, 200, 429],
      [200, 200, 429],
    ]) {
      const one = { 'X-API-Key': (await issueKey(api.app, 'shop')).plaintext };
      expect(await statuses(3, '/read', one)).toEqual(expected);
    }
  });

  it('follow the plan of the client [C42]', async () => {
    await startWith({ client: reads(1), plans: { gold: reads(3), none: reads(0) } });
    await register(api.app, 'rich', ['a'], { plan: 'gold' });
    await register(api.app, 'stopped', ['a'], { plan: 'none' });
    const of = async (client: string) => ({
      'X-API-Key': (await issueKey(api.app, client)).plaintext,
    });
    expect(await statuses(4, '/read', await of('rich'))).toEqual([200, 200, 200, 429]);
    expect(await statuses(1, '/read', await of('stopped'))).toEqual([429]);
    expect(await statuses(2, '/read', await key('poor'))).toEqual([200, 429]);
  });

  it('are spent only by requests that are let in', async () => {
    await startWith({ client: reads(1) });
    await register(api.app, 'shop', ['a', 'b']);
    const narrow = { 'X-API-Key': (await issueKey(api.app, 'shop', { scope: ['b'] })).plaintext };
    const wide = { 'X-API-Key': (await issueKey(api.app, 'shop')).plaintext };
    expect(await statuses(3, '/read', narrow)).toEqual([403, 403, 403]);
    expect(await statuses(2, '/read', wide)).toEqual([200, 429]);
  });

  it('of a route are set by @Throttle and @RateLimit, and skipped by @SkipThrottle [C33]', async () => {
    await startWith({ client: reads(8) });
    const headers = await key('shop');
    expect(await statuses(3, '/search', headers)).toEqual([200, 200, 429]);
    expect(await statuses(2, '/limited', headers)).toEqual([200, 429]);
    expect((await api.get('/limited', headers)).headers['retry-after']).toBe('30');
    expect(new Set(await statuses(12, '/skipped', headers))).toEqual(new Set([200]));
    expect(await statuses(6, '/read', headers)).toEqual([200, 200, 200, 200, 200, 429]);
  });

  it('of a public route count by address', async () => {
    await startWith();
    const here = { 'X-Forwarded-For': '198.51.100.7' };
    expect(await statuses(3, '/login', here)).toEqual([200, 200, 429]);
    expect(await statuses(1, '/login', { 'X-Forwarded-For': '198.51.100.8' })).toEqual([200]);
    expect(handled).toBe(3);
  });
});

describeOnAdapters('User-agent rule of a client', (start) => {
  it('stops a leaked build and old versions, and lets the others in [C41] [C45]', async () => {
    const api = await start({ controllers: [LimitedController] });
    const text = await clientWithKey(api.app, 'app', ['a']);
    const statusAs = async (agent?: string) =>
      (await api.get('/read', { 'X-API-Key': text, ...(agent && { 'User-Agent': agent }) })).status;
    expect(await statusAs()).toBe(200);

    const userAgent = { product: 'ShopApp', minimumVersion: '2.3', refusedVersions: ['2.4.1'] };
    await api.app.get(ClientService).update('app', { userAgent }, BY);
    handled = 0;
    for (const agent of [undefined, 'curl/8', 'ShopApp/2.2.9 iOS/19', 'ShopApp/2.4.1', 'ShopApp']) {
      expect(await statusAs(agent)).toBe(403);
    }
    expect(handled).toBe(0);
    for (const agent of ['ShopApp/2.3.0 iOS/19', 'Mozilla/5.0 shopapp/10.0']) {
      expect(await statusAs(agent)).toBe(200);
    }
    const { body } = await api.get('/read', { 'X-API-Key': text, 'User-Agent': 'ShopApp/2.4.1' });
    expect(body).toMatchObject({ type: 'urn:sallyport:problem:client-refused' });
  });
});
