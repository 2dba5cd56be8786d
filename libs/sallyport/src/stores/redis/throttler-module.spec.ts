import { Controller, Get, Injectable, type INestApplication, type Type } from '@nestjs/common';
import { APP_GUARD, type AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  SkipThrottle,
  Throttle,
  ThrottlerGuard,
  ThrottlerModule,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import { dropPrefix, ownPrefix, sharedRedisUrl } from '../../../../../test/support/redis.js';
import { SystemClock } from '../../clock.js';
import { MemoryThrottlerStorage } from '../../throttling/memory-throttler.storage.js';
import { RedisConnection } from './redis-connection.js';
import { RedisThrottlerStorage } from './redis-throttler.storage.js';

@Controller()
class LimitedController {
  @Get('plain')
  plain(): string {
    return 'ok';
  }

  @Get('named')
  @Throttle({ long: { limit: 1, ttl: 60_000 } })
  named(): string {
    return 'ok';
  }

  @Get('skipped')
  @SkipThrottle({ short: true, long: true })
  skipped(): string {
    return 'ok';
  }
}

/** The tests on both adapters share an address; each app counts for itself. */
function guardFor(app: string): Type<ThrottlerGuard> {
  @Injectable()
  class OwnTrackerGuard extends ThrottlerGuard {
    protected override getTracker(): Promise<string> {
      return Promise.resolve(app);
    }
  }
  return OwnTrackerGuard;
}

interface Storage {
  open(): Promise<ThrottlerStorage>;
  close(): Promise<void>;
}

const memory: Storage = {
  open: () => Promise.resolve(new MemoryThrottlerStorage()),
  close: () => Promise.resolve(),
};

function redis(url: string): Storage {
  const keyPrefix = ownPrefix();
  const connection = new RedisConnection({ url, keyPrefix });
  return {
    open: async () => {
      await connection.open();
      return new RedisThrottlerStorage(connection, new SystemClock());
    },
    close: async () => {
      connection.close();
      await dropPrefix(url, keyPrefix);
    },
  };
}

const storages: [string, Storage][] = [['memory', memory]];
if (sharedRedisUrl !== undefined) storages.push(['Redis', redis(sharedRedisUrl)]);

const adapters: [string, () => AbstractHttpAdapter][] = [
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
];

describe.each(storages)('a ThrottlerModule of the host app on %s storage', (_storage, storage) => {
  let opened: ThrottlerStorage;
  beforeAll(async () => {
    opened = await storage.open();
  });
  afterAll(() => storage.close());

  describe.each(adapters)('on %s', (name, adapter) => {
    let app: INestApplication;
    beforeAll(async () => {
      const module = await Test.createTestingModule({
        imports: [
          ThrottlerModule.forRoot({
            storage: opened,
            throttlers: [
              { name: 'short', limit: 3, ttl: 60_000, blockDuration: 90_000 },
              { name: 'long', limit: 100, ttl: 60_000 },
            ],
          }),
        ],
        controllers: [LimitedController],
        providers: [{ provide: APP_GUARD, useClass: guardFor(name) }],
      }).compile();
      app = module.createNestApplication(adapter(), { logger: false });
      await app.listen(0, '127.0.0.1');
    });
    afterAll(() => app.close());

    const call = async (path: string): Promise<Response> => fetch(`${await app.getUrl()}/${path}`);

    it('answers 429 with Retry-After in seconds once a named throttler is spent', async () => {
      const first = await call('plain');
      expect(first.headers.get('x-ratelimit-remaining-short')).toBe('2');
      expect(first.headers.get('x-ratelimit-reset-short')).toBe('60');
      await call('plain');
      await call('plain');
      const refused = await call('plain');
      expect(refused.status).toBe(429);
      expect(refused.headers.get('retry-after-short')).toBe('90');
    });

    it("reads a route's @Throttle and @SkipThrottle", async () => {
      expect((await call('named')).status).toBe(200);
      expect((await call('named')).status).toBe(429);
      for (let n = 0; n < 5; n++) expect((await call('skipped')).status).toBe(200);
    });
  });
});
