import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import { Public, RateLimit, Scopes, type SallyportOptions } from '@sallyport/nest';
import { RedisConnection } from '../../libs/sallyport/src/stores/redis/redis-connection.js';
import { RedisRateLimitStore } from '../../libs/sallyport/src/stores/redis/redis-rate-limit.store.js';
import { RateLimitStore } from '../../libs/sallyport/src/throttling/rate-limit.store.js';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { clientWithKey } from '../support/cast.js';
import { dropPrefix, ownPrefix, sharedRedisUrl } from '../support/redis.js';
import { parseStructuredList } from '../support/structured-list.js';

let handled = 0;
let underWay = 0;
let mostUnderWay = 0;
let finish: (() => void)[] = [];

const handle = () => {
  handled += 1;
  return 'ok';
};

@Controller()
class LimitedController {
  @Public() @Get('shared') @RateLimit({ policy: 'shared' }) shared() {
    return handle();
  }
  @Public() @Get('export') @RateLimit({ policy: 'shared', cost: 10 }) export() {
    return handle();
  }
  @Get('read') @Scopes('a') read() {
    return handle();
  }
  @Get('slow') @Scopes('a') async slow() {
    underWay += 1;
    mostUnderWay = Math.max(mostUnderWay, underWay);
    await new Promise<void>((resolve) => finish.push(resolve));
    underWay -= 1;
    return handle();
  }
}

/** An hour for each request to come back: a test takes no part of it. */
const slowly = (limit: number) => ({
  limit,
  windowSeconds: limit * 3600 > 86_400 ? 86_400 : limit * 3600,
});

if (sharedRedisUrl !== undefined) {
  const url = sharedRedisUrl;
  describeOnAdapters('Limits over two instances', (start) => {
    const opened: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const close of opened.splice(0)) await close();
    });

    const startTwo = async (
      throttling: SallyportOptions['throttling'],
    ): Promise<readonly [TestApi, TestApi]> => {
      const keyPrefix = ownPrefix();
      opened.push(() => dropPrefix(url, keyPrefix));
      const startOne = async () => {
        const connection = new RedisConnection({ url, keyPrefix });
        await connection.open();
        opened.unshift(() => {
          connection.close();
          return Promise.resolve();
        });
        return start({
          controllers: [LimitedController],
          options: {
            throttling: {
              address: false,
              user: false,
              policies: { shared: { limit: 9, windowSeconds: 60 } },
              ...throttling,
            },
          },
          override: (builder) =>
            builder.overrideProvider(RateLimitStore).useValue(new RedisRateLimitStore(connection)),
        });
      };
      handled = underWay = mostUnderWay = 0;
      finish = [];
      return [await startOne(), await startOne()];
    };

    const statusesOf = async (
      apis: readonly [TestApi, TestApi],
      path: string,
      times: number,
      headers = {},
    ) =>
      Promise.all(
        Array.from({ length: times }, async (_, n) => {
          return (await apis[n % 2 === 0 ? 0 : 1].get(path, headers)).status;
        }),
      );
    const count = (statuses: readonly number[], wanted: number) =>
      statuses.filter((status) => status === wanted).length;

    it.each(['leased', 'exact'] as const)(
      'are never exceeded under concurrent load, and used up to the last one, in %s mode [C33] [W9]',
      async (mode) => {
        const shared = { limit: 100, windowSeconds: 86_400, by: 'everyone', mode } as const;
        const apis = await startTwo({ policies: { shared } });
        const statuses = await statusesOf(apis, '/shared', 300);
        expect(count(statuses, 429)).toBe(300 - count(statuses, 200));
        // What an instance still holds in advance is the unfairness that is stated: no more than a tenth each.
        const more = await statusesOf(apis, '/shared', 100);
        const allowed = count([...statuses, ...more], 200);
        expect(allowed).toBeLessThanOrEqual(100);
        expect(allowed).toBeGreaterThanOrEqual(mode === 'exact' ? 100 : 80);
        expect(handled).toBe(allowed);
      },
    );

    it.each(['leased', 'exact'] as const)(
      'weigh requests by their cost, in %s mode [C34] [C44]',
      async (mode) => {
        const shared = { limit: 100, windowSeconds: 86_400, by: 'everyone', mode } as const;
        const apis = await startTwo({ policies: { shared } });
        const dear = await statusesOf(apis, '/export', 30);
        expect(count(dear, 200)).toBeLessThanOrEqual(10);
        expect(count(dear, 200)).toBeGreaterThanOrEqual(8);
        const cheap = await statusesOf(apis, '/shared', 60);
        expect(count(dear, 200) * 10 + count(cheap, 200)).toBeLessThanOrEqual(100);
      },
    );

    it('let no more requests be under way than there are permits, and free them as answers close [C35]', async () => {
      const apis = await startTwo({ client: { concurrency: 4 } });
      const key = { 'X-API-Key': await clientWithKey(apis[0].app, 'shop', ['a']) };
      const other = { 'X-API-Key': await clientWithKey(apis[1].app, 'shop', ['a']) };
      const get = (n: number) =>
        n % 2 === 0 ? apis[0].get('/slow', key) : apis[1].get('/slow', other);
      let answered = 0;
      const answers = Array.from({ length: 10 }, async (_, n) => {
        const { status } = await get(n);
        answered += 1;
        return status;
      });
      for (let n = 0; n < 500 && underWay + answered < 10; n++) await sleep(20);
      for (const done of finish.splice(0)) done();
      const statuses = await Promise.all(answers);
      expect(mostUnderWay).toBe(4);
      expect(count(statuses, 200)).toBe(4);
      expect(count(statuses, 429)).toBe(6);
      // An answer closes a moment after it has arrived.
      let status = 429;
      for (let n = 0; n < 100 && status === 429; n++) {
        await sleep(20);
        status = (await apis[1].get('/read', other)).status;
      }
      expect(status).toBe(200);
    });

    it('a quota of the day is one for all instances, and shown with the rest [C42]', async () => {
      const apis = await startTwo({ client: { perDay: 6, concurrency: 50 } });
      const keys = [
        { 'X-API-Key': await clientWithKey(apis[0].app, 'shop', ['a']) },
        { 'X-API-Key': await clientWithKey(apis[1].app, 'shop', ['a']) },
      ];
      const first = await apis[0].get('/read', keys[0]);
      expect(parseStructuredList(first.headers['ratelimit-policy'] ?? '')).toEqual([
        { value: 'client', parameters: { q: 600, w: 60 } },
        { value: 'client-day', parameters: { q: 6, w: 86_400 } },
        { value: 'client-concurrency', parameters: { q: 50, qu: 'concurrent-requests' } },
      ]);
      const [rate, day, concurrency] = parseStructuredList(first.headers.ratelimit ?? '');
      expect(rate).toEqual({ value: 'client', parameters: { r: 599, t: 1 } });
      expect(day).toMatchObject({ value: 'client-day', parameters: { r: 5 } });
      expect(concurrency).toEqual({ value: 'client-concurrency', parameters: { r: 49 } });
      const statuses: number[] = [];
      for (let n = 0; n < 9; n++) {
        statuses.push(
          (await apis[n % 2 === 0 ? 1 : 0].get('/read', keys[n % 2 === 0 ? 1 : 0])).status,
        );
      }
      expect(count(statuses, 200)).toBe(5);
      const refused = await apis[0].get('/read', keys[0]);
      expect(refused.body).toMatchObject({ status: 429, policy: 'client-day' });
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(86_400);
    });
  });
}

describeOnAdapters('Limits that routes name', (start) => {
  it('share their count, show their name, and never whom they count [C34] [W8]', async () => {
    const shared = { ...slowly(12), by: 'address' } as const;
    const api = await start({
      controllers: [LimitedController],
      options: { throttling: { policies: { shared }, legacyHeaders: true } },
    });
    const first = await api.get('/export');
    expect(first.headers).toMatchObject({
      'ratelimit-policy': '"shared";q=12;w=43200',
      'x-ratelimit-limit': '12',
      'x-ratelimit-remaining': '2',
    });
    expect((await api.get('/export')).status).toBe(429);
    expect((await api.get('/shared')).status).toBe(200);
    const refused = await api.get('/export');
    expect(refused.body).toMatchObject({
      type: 'urn:sallyport:problem:rate-limited',
      policy: 'shared',
    });
    expect(refused.text).not.toContain('127.0.0.1');
  });

  it('headers: false sends none, but still says when to come back', async () => {
    const shared = { ...slowly(1), by: 'everyone' } as const;
    const api = await start({
      controllers: [LimitedController],
      options: { throttling: { policies: { shared }, headers: false } },
    });
    const [first, refused] = [await api.get('/shared'), await api.get('/shared')];
    for (const { headers } of [first, refused]) {
      expect(Object.keys(headers).filter((name) => name.includes('ratelimit'))).toEqual([]);
    }
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('must be among the options, or the app does not start', async () => {
    const starting = start({ controllers: [LimitedController] });
    await expect(starting).rejects.toThrow(/names "shared", which throttling\.policies lacks/);
  });

  it.each([
    [{ limit: 1, ttl: 0 }, /"default" on .*busy.*: ttl must be a number of milliseconds above 0/],
    [{ limit: 1.5, ttl: 1000 }, /limit must be a whole number/],
    [{ limit: 1, ttl: Number.POSITIVE_INFINITY }, /ttl must be/],
    [{ limit: 1, ttl: 1000, blockDuration: -1 }, /blockDuration must be/],
  ])('@Throttle(%j) is no limit, and the app does not start', async (limit, says) => {
    @Controller()
    class WrongController {
      @Get('busy') @Throttle({ default: limit }) busy() {
        return 'never';
      }
    }
    await expect(start({ controllers: [WrongController] })).rejects.toThrow(says);
  });
});

describeOnAdapters('Failed authentication', (start) => {
  it('uses up the failures of its address, which is then refused before anything is verified [C33] [C43]', async () => {
    const shared = { limit: 9, windowSeconds: 60 };
    const api = await start({
      controllers: [LimitedController],
      options: {
        throttling: { failures: { limit: 3, windowSeconds: 3600 }, policies: { shared } },
        trustedProxies: ['127.0.0.1'],
      },
    });
    handled = 0;
    const key = await clientWithKey(api.app, 'shop', ['a']);
    const from = async (address: string, text: string) =>
      api.get('/read', { 'X-API-Key': text, 'X-Forwarded-For': address });
    for (let n = 0; n < 3; n++) expect((await from('2001:db8::1', 'guess')).status).toBe(401);
    const refused = await from('2001:db8::ffff', key);
    expect(refused.body).toMatchObject({ status: 429, policy: 'failures' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(handled).toBe(0);
    expect((await from('2001:db8:0:1::1', key)).status).toBe(200);
    expect((await from('192.0.2.1', key)).status).toBe(200);
  });
});
