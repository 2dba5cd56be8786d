import {
  Controller,
  Get,
  Post,
  UseGuards,
  type ExecutionContext,
  type INestApplication,
} from '@nestjs/common';
import { APP_GUARD, DiscoveryModule, type AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Clock } from '../clock.js';
import { SallyportError } from '../errors.js';
import type { Caller, VerifiedCredential } from '../principals/caller.js';
import type { SecuredRequest } from '../principals/secured-request.js';
import { RequestOrigin } from '../request/request-origin.js';
import { RouteAccess } from '../request/route-access.js';
import { MemoryRateLimitStore } from '../stores/memory/memory-rate-limit.store.js';
import { FrozenClock } from '../testing/frozen-clock.js';
import { AddressLimitGuard } from './address-limit.guard.js';
import { ClientQuotaGuard } from './client-quota.guard.js';
import { RateLimit, SkipThrottle, Throttle, seconds } from './index.js';
import { SecurityEvents } from '../audit/security-events.js';
import { ClientService } from '../clients/client.service.js';
import { FailedAuthentication } from './addresses/failed-authentication.js';
import { Anomalies } from './anomalies/anomalies.js';
import { Penalties } from './anomalies/penalties.js';
import { QuotaDemands } from './demands/quota-demands.js';
import { RouteLimitBook } from './demands/route-limit-book.js';
import { InstanceCensus } from './instance-census.js';
import { PlanBook } from './plans/plan-book.js';
import { PlanStore } from './plans/plan.store.js';
import { RateLimitStore } from './rate-limit.store.js';
import { RateLimiter } from './rate-limiter.js';
import { RequestLimits } from './request-limits.js';
import { Randomness, SystemRandomness } from '../randomness.js';
import {
  resolveThrottlingOptions,
  THROTTLING_OPTIONS,
  type ThrottlingOptions,
} from './throttling.options.js';

let handled = 0;
const handle = (): string => {
  handled++;
  return 'ok';
};

@Controller()
class LimitedController {
  @Get('read')
  read(): string {
    return handle();
  }

  @Post('write')
  write(): string {
    return handle();
  }

  @Get('twice')
  @UseGuards(ClientQuotaGuard, AddressLimitGuard)
  twice(): string {
    return handle();
  }

  @Get('throttled')
  @Throttle({ default: { limit: 2, ttl: seconds(60) } })
  throttled(): string {
    return handle();
  }

  @Get('rate-limited')
  @RateLimit({ limit: 1, windowSeconds: 10 })
  rateLimited(): string {
    return handle();
  }

  @Get('fails-closed')
  @RateLimit({ limit: 5, windowSeconds: 10, failMode: 'closed' })
  failsClosed(): string {
    return handle();
  }

  @Get('closed')
  @Throttle({ default: { limit: 0, ttl: 1000 } })
  closed(): string {
    return handle();
  }

  @Get('resolved')
  @Throttle({
    default: {
      limit: (context: ExecutionContext) => (context.getHandler().name === 'resolved' ? 1 : 9),
      ttl: () => Promise.resolve(seconds(60)),
      getTracker: (request) =>
        String((request as { headers: Record<string, string> }).headers.team),
    },
  })
  resolved(): string {
    return handle();
  }

  @Get('skipped')
  @SkipThrottle()
  skipped(): string {
    return handle();
  }

  @Get('generous')
  @Throttle({ client: { limit: 50, ttl: seconds(60) } })
  @SkipThrottle({ user: true })
  generous(): string {
    return handle();
  }

  @Get('elsewhere')
  @Throttle({ burst: { limit: 0, ttl: 1000 } })
  elsewhere(): string {
    return handle();
  }
}

@Controller('class')
@Throttle({ default: { limit: 1, ttl: seconds(60) } })
class ClassController {
  @Get('one')
  one(): string {
    return handle();
  }

  @Get('two')
  @Throttle({ default: { limit: 2, ttl: seconds(60) } })
  two(): string {
    return handle();
  }
}

/** `x-client: app`, `x-user: alice`, `x-key: k1`, `x-plan: gold` stand for verified credentials. */
class FakeAuthenticationGuard {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<SecuredRequest>();
    const header = (name: string): string | null =>
      (request.headers[name] as string | undefined) ?? null;
    const client = header('x-client');
    if (client === null) return true;
    const user = header('x-user');
    const key = header('x-key');
    const credentials: VerifiedCredential[] =
      key === null
        ? []
        : [
            {
              kind: 'api-key',
              id: key,
              issuer: null,
              scope: null,
              actsForUser: false,
              isSigned: false,
            },
          ];
    request.caller = {
      client: {
        clientId: client,
        name: client,
        type: 'confidential',
        isThirdParty: false,
        plan: header('x-plan'),
      },
      user:
        user === null
          ? null
          : { issuer: 'https://issuer', subject: user, authenticatedAt: null, sessionId: null },
      credentials,
    } as unknown as Caller;
    return true;
  }
}

class OutOfReach extends RateLimitStore {
  asked = 0;
  consume(): Promise<never> {
    this.asked++;
    return Promise.reject(new SallyportError('ERR_STORE_UNAVAILABLE', { retryAfterSeconds: 1 }));
  }
  lease(): Promise<never> {
    return this.consume();
  }
  countInstances(): Promise<number> {
    return Promise.resolve(1);
  }
}

const adapters: [string, () => AbstractHttpAdapter][] = [
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
];

describe.each(adapters)('throttling guards on %s', (_name, adapter) => {
  let app: INestApplication;
  let clock: FrozenClock;

  interface Setup {
    readonly address?: () => string;
    readonly store?: RateLimitStore;
    readonly isReportOnly?: boolean;
  }

  async function start(options: ThrottlingOptions, setup: Setup = {}): Promise<void> {
    clock = new FrozenClock(new Date('2030-01-01T00:00:00Z'));
    const mistakes: string[] = [];
    const resolved = resolveThrottlingOptions(options, mistakes);
    expect(mistakes).toEqual([]);
    const module = await Test.createTestingModule({
      imports: [DiscoveryModule],
      controllers: [LimitedController, ClassController],
      providers: [
        Anomalies,
        FailedAuthentication,
        InstanceCensus,
        Penalties,
        PlanBook,
        { provide: PlanStore, useValue: { changedSince: () => Promise.resolve([]) } },
        SecurityEvents,
        { provide: ClientService, useValue: {} },
        QuotaDemands,
        RateLimiter,
        RequestLimits,
        RouteLimitBook,
        { provide: Randomness, useClass: SystemRandomness },
        { provide: Clock, useValue: clock },
        { provide: THROTTLING_OPTIONS, useValue: resolved },
        { provide: RateLimitStore, useValue: setup.store ?? new MemoryRateLimitStore(clock) },
        { provide: RequestOrigin, useValue: { addressOf: setup.address ?? (() => '192.0.2.1') } },
        {
          provide: RouteAccess,
          useValue: { of: () => ({ isReportOnly: setup.isReportOnly ?? false }) },
        },
        { provide: APP_GUARD, useClass: AddressLimitGuard },
        { provide: APP_GUARD, useClass: FakeAuthenticationGuard },
        { provide: APP_GUARD, useClass: ClientQuotaGuard },
      ],
    }).compile();
    app = module.createNestApplication(adapter(), { logger: false });
    app.useGlobalFilters({
      catch(error: unknown, host) {
        const { code, context } = error as SallyportError;
        app.getHttpAdapter().reply(host.switchToHttp().getResponse(), { code, ...context }, 429);
      },
    });
    await app.listen(0, '127.0.0.1');
    handled = 0;
  }

  afterEach(async () => {
    await app.close();
  });

  const call = async (
    path: string,
    headers: Record<string, string> = { 'x-client': 'app' },
    method = 'GET',
  ): Promise<Response> => fetch(`${await app.getUrl()}/${path}`, { method, headers });

  const statuses = async (times: number, path: string, headers?: Record<string, string>) => {
    const seen: number[] = [];
    for (let n = 0; n < times; n++) seen.push((await call(path, headers)).status);
    return seen;
  };

  it('limits an address before any credential, and the handler does not run [C33]', async () => {
    await start({ address: { limit: 2 } });
    expect(await statuses(3, 'read', {})).toEqual([200, 200, 429]);
    const refused = await call('read', {});
    expect(await refused.json()).toMatchObject({ code: 'ERR_RATE_LIMITED', retryAfterSeconds: 30 });
    expect(refused.headers.get('ratelimit')).toBe('"address";r=0;t=30');
    expect(handled).toBe(2);
  });

  it('counts IPv6 by /64 and lets the next /64 pass', async () => {
    const addresses = ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::1'];
    await start({ address: { limit: 1 } }, { address: () => addresses.shift() ?? '' });
    expect(await statuses(3, 'read')).toEqual([200, 429, 200]);
  });

  it('address: false leaves addresses unlimited, a limit of 0 refuses all', async () => {
    await start({ address: false, client: { reads: { limit: 500, windowSeconds: 60 } } });
    expect(new Set(await statuses(350, 'read'))).toEqual(new Set([200]));
    await app.close();
    await start({ address: { limit: 0 } });
    expect(await statuses(1, 'read')).toEqual([429]);
  });

  it('limits a client over all its users and keys, reads and writes apart [C33] [W8]', async () => {
    await start({
      client: {
        reads: { limit: 2, windowSeconds: 60 },
        writes: { limit: 1, windowSeconds: 60 },
      },
    });
    expect((await call('read', { 'x-client': 'app', 'x-user': 'alice' })).status).toBe(200);
    expect((await call('read', { 'x-client': 'app', 'x-key': 'k1' })).status).toBe(200);
    expect((await call('read', { 'x-client': 'app', 'x-user': 'bob' })).status).toBe(429);
    expect((await call('write', { 'x-client': 'app' }, 'POST')).status).toBe(201);
    expect((await call('write', { 'x-client': 'app' }, 'POST')).status).toBe(429);
    expect((await call('read', { 'x-client': 'other' })).status).toBe(200);
    expect(handled).toBe(4);
  });

  it('limits each API key and each user of a client apart [C33] [W8]', async () => {
    const one = { reads: { limit: 1, windowSeconds: 60 } };
    await start({ apiKey: one, user: one });
    expect(await statuses(2, 'read', { 'x-client': 'app', 'x-key': 'k1' })).toEqual([200, 429]);
    expect(await statuses(1, 'read', { 'x-client': 'app', 'x-key': 'k2' })).toEqual([200]);
    expect(await statuses(2, 'read', { 'x-client': 'app', 'x-user': 'a' })).toEqual([200, 429]);
    expect(await statuses(1, 'read', { 'x-client': 'app', 'x-user': 'b' })).toEqual([200]);
    expect(await statuses(1, 'read', { 'x-client': 'web', 'x-user': 'a' })).toEqual([200]);
  });

  it('gives each client the quota of its plan [C42]', async () => {
    await start({
      client: { reads: { limit: 1, windowSeconds: 60 } },
      plans: { gold: { reads: { limit: 3, windowSeconds: 60 } } },
    });
    const gold = { 'x-client': 'rich', 'x-plan': 'gold' };
    expect(await statuses(4, 'read', gold)).toEqual([200, 200, 200, 429]);
    expect(await statuses(2, 'read', { 'x-client': 'app' })).toEqual([200, 429]);
    expect(await statuses(2, 'read', { 'x-client': 'b', 'x-plan': 'gone' })).toEqual([200, 429]);
  });

  it('a refused request spends none of the other quotas [W9]', async () => {
    await start({
      client: { reads: { limit: 3, windowSeconds: 60 } },
      user: { reads: { limit: 1, windowSeconds: 60 } },
    });
    await statuses(5, 'read', { 'x-client': 'app', 'x-user': 'alice' });
    expect(await statuses(3, 'read')).toEqual([200, 200, 429]);
  });

  it('counts once when a guard is bound twice [T10]', async () => {
    await start({ address: { limit: 3 }, client: { reads: { limit: 3, windowSeconds: 60 } } });
    expect(await statuses(4, 'twice')).toEqual([200, 200, 200, 429]);
  });

  it('shows quotas in the fields of the IETF draft, and when to come back [C33]', async () => {
    await start({ user: { reads: { limit: 10, windowSeconds: 30 } } });
    const response = await call('read', { 'x-client': 'app', 'x-user': 'alice' });
    expect(response.headers.get('ratelimit-policy')).toBe('"client";q=600;w=60, "user";q=10;w=30');
    expect(response.headers.get('ratelimit')).toBe('"client";r=599;t=1, "user";r=9;t=3');
    await statuses(9, 'read', { 'x-client': 'app', 'x-user': 'alice' });
    clock.advance(2);
    const refused = await call('read', { 'x-client': 'app', 'x-user': 'alice' });
    expect(refused.headers.get('ratelimit')).toBe('"client";r=600;t=0, "user";r=0;t=1');
    const { retryAfterSeconds } = (await refused.json()) as { retryAfterSeconds: number };
    clock.advance(retryAfterSeconds);
    expect(await statuses(1, 'read', { 'x-client': 'app', 'x-user': 'alice' })).toEqual([200]);
  });

  it('@Throttle limits its route for each caller, besides the quotas', async () => {
    await start({});
    expect(await statuses(3, 'throttled')).toEqual([200, 200, 429]);
    const alice = { 'x-client': 'app', 'x-user': 'alice' };
    expect(await statuses(3, 'throttled', alice)).toEqual([200, 200, 429]);
    const response = await call('read', alice);
    expect(response.headers.get('ratelimit')).toBe('"client";r=595;t=1, "user";r=297;t=1');
  });

  it('@Throttle on a route without caller counts by address', async () => {
    let address = '192.0.2.1';
    await start({}, { address: () => address });
    expect(await statuses(3, 'throttled', {})).toEqual([200, 200, 429]);
    address = '192.0.2.2';
    expect(await statuses(1, 'throttled', {})).toEqual([200]);
  });

  it('@RateLimit says the same in seconds', async () => {
    await start({});
    expect(await statuses(2, 'rate-limited')).toEqual([200, 429]);
    clock.advance(10);
    expect(await statuses(1, 'rate-limited')).toEqual([200]);
  });

  it('@Throttle with a limit of 0 refuses everything', async () => {
    await start({});
    expect(await statuses(1, 'closed')).toEqual([429]);
    expect(handled).toBe(0);
  });

  it('@Throttle may compute its values and its tracker', async () => {
    await start({});
    const as = (team: string) => ({ 'x-client': 'app', team });
    expect(await statuses(2, 'resolved', as('red'))).toEqual([200, 429]);
    expect(await statuses(1, 'resolved', as('blue'))).toEqual([200]);
  });

  it("a method's @Throttle replaces its class's, and each route counts for itself", async () => {
    await start({});
    expect(await statuses(2, 'class/one')).toEqual([200, 429]);
    expect(await statuses(3, 'class/two')).toEqual([200, 200, 429]);
  });

  it('@Throttle under the name of a quota changes that quota for its route', async () => {
    const one = { reads: { limit: 1, windowSeconds: 60 } };
    await start({ client: one, user: one });
    const alice = { 'x-client': 'app', 'x-user': 'alice' };
    expect(await statuses(5, 'generous', alice)).toEqual([200, 200, 200, 200, 200]);
    expect(await statuses(2, 'read', alice)).toEqual([200, 429]);
  });

  it('@SkipThrottle skips the quotas but not the address limit', async () => {
    await start({ address: { limit: 3 }, client: { reads: { limit: 1, windowSeconds: 60 } } });
    expect(await statuses(4, 'skipped')).toEqual([200, 200, 200, 429]);
  });

  it('leaves throttlers under other names to the ThrottlerModule of the app', async () => {
    await start({});
    expect(await statuses(1, 'elsewhere')).toEqual([200]);
  });

  it('while the store is out of reach the limits go on locally, and the store is left alone', async () => {
    const store = new OutOfReach();
    await start({ client: { reads: { limit: 2, windowSeconds: 60 } } }, { store });
    expect(await statuses(4, 'read')).toEqual([200, 200, 429, 429]);
    expect(app.get(RateLimiter).localDecisions).toBe(3);
    expect(store.asked).toBe(1);
    clock.advance(1);
    await call('read');
    expect(store.asked).toBe(2);
  });

  it("reports instead of refusing where enforcement is 'report'", async () => {
    const client = { reads: { limit: 0, windowSeconds: 60 } };
    await start({ address: { limit: 0 }, client }, { isReportOnly: true });
    expect(await statuses(2, 'read')).toEqual([200, 200]);
  });

  it('lets nobody through a limit that fails closed', async () => {
    await start({ address: false }, { store: new OutOfReach() });
    const refused = { code: 'ERR_STORE_UNAVAILABLE', retryAfterSeconds: 1 };
    expect(await (await call('fails-closed')).json()).toMatchObject(refused);
    expect(handled).toBe(0);
    expect((await call('read')).status).toBe(200);
  });

  it('reports that, too, where refusals are only reported', async () => {
    await start({ address: false }, { store: new OutOfReach(), isReportOnly: true });
    expect((await call('fails-closed')).status).toBe(200);
    expect(handled).toBe(1);
  });
});
