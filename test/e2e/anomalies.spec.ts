import { Controller, Get } from '@nestjs/common';
import {
  ClientService,
  Clock,
  Scopes,
  SecurityEvents,
  type SallyportOptions,
  type SecurityEvent,
} from '@sallyport/nest';
import { FrozenClock } from '@sallyport/nest/testing';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { BY, clientWithKey } from '../support/cast.js';

let handled = 0;

@Controller()
class ReadController {
  @Get('read') @Scopes('a') read() {
    handled += 1;
    return 'ok';
  }
}

type AnomalyOptions = Extract<NonNullable<SallyportOptions['throttling']>['anomalies'], object>;

describeOnAdapters('What is suspicious', (start) => {
  let api: TestApi;
  let clock: FrozenClock;
  let events: SecurityEvent[];

  const startWith = async (anomalies: AnomalyOptions) => {
    clock = new FrozenClock(new Date());
    api = await start({
      controllers: [ReadController],
      options: {
        ...{ throttling: { anomalies }, trustedProxies: ['127.0.0.1'] },
        // The clock moves on by minutes, and nothing else does.
        revocation: { maxStalenessSeconds: 3600 },
      },
      override: (builder) => builder.overrideProvider(Clock).useValue(clock),
    });
    handled = 0;
    events = [];
    api.app.get(SecurityEvents).subscribe((event) => events.push(event));
  };
  const from = (address: string, key: string) =>
    api.get('/read', { 'X-API-Key': key, 'X-Forwarded-For': address });
  const statuses = async (addresses: readonly string[], key: string) => {
    const seen: number[] = [];
    for (const address of addresses) seen.push((await from(address, key)).status);
    return seen;
  };
  const addresses = (count: number) => Array.from({ length: count }, (_, n) => `192.0.2.${n + 1}`);

  it('one key from many addresses: told, and by rule its client is left ten requests a minute [C43]', async () => {
    await startWith({ addresses: { limit: 3, windowSeconds: 600, then: 'throttle' } });
    const [key, other] = [
      await clientWithKey(api.app, 'shop', ['a']),
      await clientWithKey(api.app, 'other', ['a']),
    ];
    expect(await statuses(addresses(3), key)).toEqual([200, 200, 200]);
    expect(events).toEqual([]);
    await statuses(['192.0.2.4'], key);
    expect(events).toMatchObject([
      { kind: 'anomaly.addresses', clientId: 'shop', credentialId: key.split('_')[2], count: 4 },
    ]);
    const before = handled;
    const more = await statuses(Array<string>(15).fill('192.0.2.1'), key);
    expect(more.filter((status) => status === 200).length).toBeLessThanOrEqual(10);
    expect(handled - before).toBe(more.filter((status) => status === 200).length);
    const refused = await from('192.0.2.1', key);
    expect(refused.body).toMatchObject({ status: 429, policy: 'anomaly' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(await statuses(['192.0.2.1'], other)).toEqual([200]);
    clock.advance(601);
    expect(await statuses(['192.0.2.1'], key)).toEqual([200]);
  });

  it('by rule its client is suspended, until someone enables it [C43]', async () => {
    await startWith({ addresses: { limit: 3, windowSeconds: 600, then: 'suspend' } });
    const key = await clientWithKey(api.app, 'shop', ['a']);
    await statuses(addresses(4), key);
    let status = 200;
    for (let n = 0; n < 100 && status === 200; n += 1)
      [status = 0] = await statuses(['192.0.2.1'], key);
    expect(status).toBe(401);
    const before = handled;
    expect(await statuses(addresses(3), key)).toEqual([401, 401, 401]);
    expect(handled).toBe(before);
    await api.app.get(ClientService).enable('shop', BY);
    expect(await statuses(['192.0.2.1'], key)).toEqual([200]);
  });

  it('a burst of refused credentials: told, and by rule its address is refused [C43]', async () => {
    await startWith({ failures: { limit: 3, windowSeconds: 600, then: 'throttle' } });
    const key = await clientWithKey(api.app, 'shop', ['a']);
    for (let n = 0; n < 4; n += 1) expect((await from('2001:db8::1', 'guess')).status).toBe(401);
    expect(events).toEqual([
      { kind: 'anomaly.failures', address: '2001:db8::/64', clientId: null, windowSeconds: 600 },
    ]);
    expect((await from('2001:db8::2', key)).body).toMatchObject({
      status: 429,
      policy: 'failures',
    });
    expect(handled).toBe(0);
    expect(await statuses(['192.0.2.1'], key)).toEqual([200]);
    clock.advance(601);
    expect(await statuses(['2001:db8::2'], key)).toEqual([200]);
  });

  it('a sudden rise over its own history: told, and by rule throttled [C43]', async () => {
    await startWith({ rise: { factor: 3, least: 10, then: 'throttle' } });
    const key = await clientWithKey(api.app, 'shop', ['a']);
    const minute = (count: number) => statuses(Array<string>(count).fill('192.0.2.1'), key);
    for (let n = 0; n < 6; n += 1) {
      expect(await minute(2)).toEqual([200, 200]);
      clock.advance(60);
    }
    expect(new Set(await minute(10))).toEqual(new Set([200]));
    expect(events).toEqual([]);
    expect((await minute(15)).filter((status) => status === 200).length).toBeLessThanOrEqual(11);
    expect(events).toMatchObject([{ kind: 'anomaly.rise', clientId: 'shop' }]);
  });
});
