import { SecurityEvents, type SecurityEvent } from '../../audit/security-events.js';
import type { ChangedBy } from '../../audit/change.js';
import type { ClientService } from '../../clients/client.service.js';
import { SallyportError, type ErrorCode } from '../../errors.js';
import type { Caller } from '../../principals/caller.js';
import { SystemRandomness } from '../../randomness.js';
import type { AdapterRequest } from '../../request/adapter-request.js';
import type { RequestOrigin } from '../../request/request-origin.js';
import { MemoryRateLimitStore } from '../../stores/memory/memory-rate-limit.store.js';
import { FrozenClock } from '../../testing/frozen-clock.js';
import { FailedAuthentication } from '../addresses/failed-authentication.js';
import { InstanceCensus } from '../instance-census.js';
import { RateLimiter } from '../rate-limiter.js';
import { RequestLimits } from '../request-limits.js';
import { resolveThrottlingOptions, type ThrottlingOptions } from '../throttling.options.js';
import { Anomalies } from './anomalies.js';
import { Penalties } from './penalties.js';

const refusal = (code: ErrorCode, clientId?: string) =>
  new SallyportError(code, clientId === undefined ? {} : { clientId });

const requestFrom = (address: string) => ({ address }) as unknown as AdapterRequest;

const callerWith = (keyId: string, clientId = 'shop') =>
  ({
    client: { clientId },
    user: null,
    credentials: [{ kind: 'api-key', id: keyId }],
  }) as unknown as Caller;

function setUp(given: ThrottlingOptions) {
  const clock = new FrozenClock(new Date('2030-01-01T00:00:00Z'));
  const options = resolveThrottlingOptions(given, []);
  const store = new MemoryRateLimitStore(clock);
  const census = new InstanceCensus(store, new SystemRandomness(), options);
  const limits = new RequestLimits(new RateLimiter(store, clock, census), census);
  const failures = new FailedAuthentication(limits, census, options);
  const disabled: [string, ChangedBy][] = [];
  const clients = {
    disable: (id: string, by: ChangedBy) => Promise.resolve(disabled.push([id, by])),
  } as unknown as ClientService;
  const penalties = new Penalties(limits, census, failures, clients);
  const events = new SecurityEvents();
  const raised: SecurityEvent[] = [];
  events.subscribe((event) => raised.push(event));
  const origin = {
    addressOf: (request: unknown) => (request as { address: string }).address,
  } as RequestOrigin;
  const anomalies = new Anomalies(failures, penalties, events, origin, limits, options);
  const isRefused = (address: string) =>
    failures.refusalOf(address, clock.now().getTime()) !== null;
  return { anomalies, clock, raised, disabled, penalties, failures, isRefused };
}

describe('failed authentication', () => {
  it('uses up the failures of an address, which is then refused until one more is allowed [C33]', () => {
    const { anomalies, clock, isRefused } = setUp({ failures: { limit: 3, windowSeconds: 60 } });
    for (let n = 0; n < 2; n++) {
      anomalies.failed(requestFrom('192.0.2.1'), refusal('ERR_CREDENTIAL_UNKNOWN'));
      expect(isRefused('192.0.2.1')).toBe(false);
    }
    anomalies.failed(requestFrom('192.0.2.1'), refusal('ERR_TOKEN_INVALID'));
    expect(isRefused('192.0.2.1')).toBe(true);
    expect(isRefused('192.0.2.2')).toBe(false);
    clock.advance(20);
    expect(isRefused('192.0.2.1')).toBe(false);
  });

  it('counts addresses of one /64 together, and an IPv4-mapped one as IPv4', () => {
    const { anomalies, isRefused } = setUp({ failures: { limit: 2, windowSeconds: 60 } });
    anomalies.failed(requestFrom('2001:db8::1'), refusal('ERR_TOKEN_INVALID'));
    anomalies.failed(requestFrom('2001:db8::2'), refusal('ERR_TOKEN_INVALID'));
    expect(isRefused('2001:db8::/64')).toBe(true);
    anomalies.failed(requestFrom('::ffff:192.0.2.1'), refusal('ERR_TOKEN_INVALID'));
    anomalies.failed(requestFrom('192.0.2.1'), refusal('ERR_TOKEN_INVALID'));
    expect(isRefused('192.0.2.1')).toBe(true);
  });

  it('a request without credentials does not count: it guesses nothing', () => {
    const { anomalies, isRefused } = setUp({ failures: { limit: 1, windowSeconds: 60 } });
    for (let n = 0; n < 5; n++) {
      anomalies.failed(requestFrom('192.0.2.1'), refusal('ERR_CREDENTIAL_MISSING'));
    }
    expect(isRefused('192.0.2.1')).toBe(false);
  });
});

describe('anomalies', () => {
  it('a burst of failures of an address is told once, and by rule refuses it [C43]', () => {
    const { anomalies, raised, isRefused } = setUp({
      failures: false,
      anomalies: { failures: { limit: 5, windowSeconds: 300, then: 'throttle' } },
    });
    for (let n = 0; n < 5; n++)
      anomalies.failed(requestFrom('192.0.2.1'), refusal('ERR_TOKEN_INVALID'));
    expect(raised).toEqual([]);
    for (let n = 0; n < 9; n++)
      anomalies.failed(requestFrom('192.0.2.1'), refusal('ERR_TOKEN_INVALID'));
    expect(raised).toEqual([
      { kind: 'anomaly.failures', address: '192.0.2.1', clientId: null, windowSeconds: 300 },
    ]);
    expect(isRefused('192.0.2.1')).toBe(true);
  });

  it('a burst of failures of a client from many addresses is told, and by rule suspends it [C43]', () => {
    const { anomalies, raised, disabled } = setUp({
      anomalies: { failures: { limit: 5, windowSeconds: 300, then: 'suspend' } },
    });
    for (let n = 0; n < 9; n++) {
      anomalies.failed(requestFrom(`192.0.2.${n}`), refusal('ERR_CREDENTIAL_ADDRESS', 'shop'));
    }
    expect(raised).toHaveLength(1);
    expect(raised[0]).toMatchObject({ kind: 'anomaly.failures', clientId: 'shop', address: null });
    expect(disabled).toEqual([['shop', { actor: 'sallyport', reason: 'anomaly.failures' }]]);
  });

  it('one key from many addresses is told once in a window [C43]', () => {
    const { anomalies, raised, clock } = setUp({
      anomalies: { addresses: { limit: 3, windowSeconds: 60 } },
    });
    const use = (times: number) => {
      for (let n = 0; n < times; n++) {
        anomalies.used(callerWith('k1'), requestFrom(`192.0.2.${n}`));
        anomalies.used(callerWith('k2'), requestFrom('192.0.2.1'));
      }
    };
    use(3);
    expect(raised).toEqual([]);
    use(9);
    expect(raised).toEqual([
      {
        ...{ kind: 'anomaly.addresses', clientId: 'shop', credentialId: 'k1' },
        ...{ count: 4, windowSeconds: 60 },
      },
    ]);
    clock.advance(61);
    use(9);
    expect(raised).toHaveLength(2);
  });

  it('a key that a client has named as another client’s is called is its own [C43]', () => {
    const { anomalies, raised, disabled } = setUp({
      anomalies: { addresses: { limit: 3, windowSeconds: 60, then: 'suspend' } },
    });
    anomalies.used(callerWith('k1'), requestFrom('192.0.2.1'));
    for (let n = 0; n < 9; n++) {
      anomalies.used(callerWith('k1', 'partner'), requestFrom(`198.51.100.${n}`));
    }
    expect(raised).toMatchObject([{ clientId: 'partner', credentialId: 'k1' }]);
    expect(disabled).toMatchObject([['partner', {}]]);
  });

  it('a sudden rise over its own history is told, and by rule throttles the client [C43]', async () => {
    const { anomalies, raised, clock, penalties } = setUp({
      anomalies: { rise: { factor: 10, least: 50, then: 'throttle' } },
    });
    const use = (times: number) => {
      for (let n = 0; n < times; n++) anomalies.used(callerWith('k1'), requestFrom('192.0.2.1'));
    };
    for (let minute = 0; minute < 20; minute++) {
      use(10);
      clock.advance(60);
    }
    use(60);
    expect(raised).toEqual([]);
    expect(penalties.spend('shop')).toBeNull();
    use(60);
    expect(raised).toMatchObject([{ kind: 'anomaly.rise', clientId: 'shop', usual: 10 }]);
    const states: unknown[] = [];
    for (let n = 0; n < 12; n++) states.push(await penalties.spend('shop'));
    expect(states.filter((state) => state === null)).toHaveLength(10);
    expect(states.at(-1)).toMatchObject({ policy: 'anomaly', allowed: false });
    expect(penalties.spend('other')).toBeNull();
    clock.advance(60);
    expect(penalties.spend('shop')).toBeNull();
  });

  it('a client that was always busy, or that is new, does not rise [C43]', () => {
    const { anomalies, raised, clock } = setUp({ anomalies: { rise: { factor: 2, least: 50 } } });
    for (let minute = 0; minute < 20; minute++) {
      for (let n = 0; n < 200; n++) anomalies.used(callerWith('k1'), requestFrom('192.0.2.1'));
      clock.advance(60);
    }
    for (let n = 0; n < 200; n++) anomalies.used(callerWith('k', 'new'), requestFrom('192.0.2.1'));
    expect(raised).toEqual([]);
  });

  it('a client that has been as busy since its first minute does not rise', () => {
    const { anomalies, raised, clock } = setUp({ anomalies: { rise: { factor: 1.2, least: 50 } } });
    for (let minute = 0; minute < 8; minute++) {
      for (let n = 0; n < 200; n++) anomalies.used(callerWith('k1'), requestFrom('192.0.2.1'));
      clock.advance(60);
    }
    expect(raised).toEqual([]);
    for (let n = 0; n < 250; n++) anomalies.used(callerWith('k1'), requestFrom('192.0.2.1'));
    expect(raised).toMatchObject([{ kind: 'anomaly.rise', usual: 200, count: 241 }]);
  });

  it('anomalies: false notices nothing', () => {
    const { anomalies, raised } = setUp({ anomalies: false });
    for (let n = 0; n < 500; n++) {
      anomalies.used(callerWith('k1'), requestFrom(`192.0.${n % 200}.1`));
      anomalies.failed(requestFrom('192.0.2.1'), refusal('ERR_TOKEN_INVALID'));
    }
    expect(raised).toEqual([]);
  });
});
