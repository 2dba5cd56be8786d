import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Body, Controller, Get, HttpException, Param, Post, StreamableFile } from '@nestjs/common';
import { PassThrough } from 'node:stream';
import {
  ApiKey,
  ApiKeyService,
  Authenticator,
  ClientService,
  Public,
  RateLimit,
  Scopes,
  UsageService,
  type UsageDimension,
  type UsageTotal,
} from '@sallyport/nest';
import { actingAs } from '@sallyport/nest/testing';
import { describeOnAdapters, type AppSettings, type TestApi } from '../support/adapters.js';
import { seeder } from '../support/instances.js';

/** Streams that a test ends when it wants to. */
const streams: PassThrough[] = [];
let handling = Promise.withResolvers<undefined>();
/** Held until its caller has gone. */
let late = Promise.withResolvers<string>();

@Controller('things')
class ThingsController {
  @Get('open/:id')
  @Public()
  open(@Param('id') id: string): string {
    return id;
  }

  @Get('keyed')
  @ApiKey()
  keyed(): string {
    return 'ok';
  }

  @Get('scoped')
  @Scopes('invoices:approve')
  scoped(): string {
    return 'never';
  }

  @Post('heavy')
  @ApiKey()
  @RateLimit({ cost: 25 })
  heavy(@Body() body: unknown): unknown {
    return body;
  }

  @Get('stream')
  @Public()
  stream(): StreamableFile {
    const stream = new PassThrough();
    streams.push(stream);
    stream.write('first');
    return new StreamableFile(stream);
  }

  @Get('hangs')
  @Public()
  hangs(): Promise<string> {
    handling.resolve(undefined);
    return late.promise;
  }

  @Get('broken')
  @Public()
  broken(): never {
    throw new Error('a bug');
  }

  @Get('teapot')
  @Public()
  teapot(): never {
    throw new HttpException('short and stout', 418);
  }
}

describeOnAdapters('Usage', (start) => {
  const open = async (settings: AppSettings = {}): Promise<{ api: TestApi; key: string }> => {
    const api = await start({
      controllers: [ThingsController],
      ...settings,
      options: { usage: true, throttling: { address: false }, ...settings.options },
    });
    await api.app
      .get(ClientService)
      .register({ clientId: 'shop', name: 'Shop', type: 'confidential', scope: ['a'] }, seeder);
    const issued = await api.app
      .get(ApiKeyService)
      .issue({ clientId: 'shop', name: 'k', scope: ['a'] }, seeder);
    return { api, key: issued.plaintext };
  };

  const counted = async (
    api: TestApi,
    ...groupBy: UsageDimension[]
  ): Promise<readonly UsageTotal[]> => {
    const usage = api.app.get(UsageService);
    await usage.flush();
    return usage.query({
      granularity: 'day',
      from: new Date(Date.now() - 86_400_000),
      to: new Date(Date.now() + 86_400_000),
      groupBy,
      filter: {},
      limit: 1000,
    });
  };
  /** The response is closed a moment after its last byte was read. */
  const settled = async (api: TestApi, calls: number): Promise<void> => {
    for (let tries = 0; tries < 500; tries += 1) {
      const total = (await counted(api)).reduce((sum, row) => sum + row.calls, 0);
      if (total >= calls) break;
      await sleep(10);
    }
    expect((await counted(api)).reduce((sum, row) => sum + row.calls, 0)).toBe(calls);
  };
  const groups = (rows: readonly UsageTotal[]) => rows.map(({ group }) => group);

  it('counts a call under client, key, route, method, status, address and user agent [C40]', async () => {
    const { api, key } = await open();
    const headers = { 'X-API-Key': key, 'User-Agent': 'InvoicesApp/2.3.1 iOS/19' };
    for (let call = 0; call < 3; call += 1) await api.get('/things/keyed', headers);
    await settled(api, 3);
    const [only, ...others] = await counted(
      api,
      ...(['clientId', 'apiKeyId', 'user', 'route', 'method'] as const),
      ...(['status', 'refusal', 'address', 'userAgent'] as const),
    );
    expect(others).toEqual([]);
    expect(only).toMatchObject({ calls: 3, refused: 0, cost: 3 });
    expect(only?.latencyMs).toBeGreaterThan(0);
    expect(only?.latency.reduce((sum, count) => sum + count)).toBe(3);
    expect(only?.group).toEqual({
      clientId: 'shop',
      apiKeyId: key.split('_')[2],
      ...{ userIssuer: '', userSubject: '', route: 'ThingsController.keyed', method: 'GET' },
      ...{ status: 200, refusal: '', address: '127.0.0.1', userAgent: 'InvoicesApp/2.3.1' },
    });
  });

  it('counts a call under the country that the app names, and under none what is no country [C40]', async () => {
    const named: Readonly<Record<string, string | null>> = {
      '192.0.2.1': 'DE',
      '192.0.2.2': 'FR',
      '192.0.2.3': null,
      '192.0.2.4': 'Atlantis',
    };
    const asked: string[] = [];
    const countryOf = (address: string): string | null => {
      asked.push(address);
      if (address in named) return named[address] ?? null;
      throw new Error('the database is closed');
    };
    const { api } = await open({
      options: { trustedProxies: ['127.0.0.1'], usage: { countryOf } },
    });
    const senders = [...Object.keys(named), '192.0.2.5', '192.0.2.1'];
    for (const sender of senders) {
      const answer = await api.get('/things/open/7', { 'X-Forwarded-For': sender });
      expect(answer.status).toBe(200);
    }
    await settled(api, senders.length);
    const rows = await counted(api, 'country');
    expect(Object.fromEntries(rows.map(({ group, calls }) => [group.country, calls]))).toEqual({
      ...{ '': 3, DE: 2, FR: 1 },
    });
    expect(new Set(asked)).toEqual(new Set(senders));
  });

  it('counts what is refused, under its reason, with the caller where one is known [C40]', async () => {
    const { api, key } = await open();
    await api.get('/things/keyed');
    await api.get('/things/keyed', { 'X-API-Key': `${key}x` });
    await api.get('/things/scoped', { 'X-API-Key': key });
    await settled(api, 3);
    expect(groups(await counted(api, 'clientId', 'status', 'refusal'))).toEqual([
      { clientId: '', status: 401, refusal: 'ERR_CREDENTIAL_MISSING' },
      { clientId: '', status: 401, refusal: 'ERR_CREDENTIAL_UNKNOWN' },
      { clientId: 'shop', status: 403, refusal: 'ERR_SCOPE_INSUFFICIENT' },
    ]);
    expect((await counted(api))[0]?.refused).toBe(3);
  });

  it('counts the user for whom an app acts [C49]', async () => {
    const { api } = await open({
      override: (builder) =>
        builder
          .overrideProvider(Authenticator)
          .useValue(actingAs({ client: 'shop', user: 'alice', scope: ['invoices:approve'] })),
    });
    await api.get('/things/scoped');
    await settled(api, 1);
    expect(groups(await counted(api, 'clientId', 'user'))).toMatchObject([
      { clientId: 'shop', userSubject: 'alice' },
    ]);
  });

  it('names no user and no address where that is switched off', async () => {
    const { api } = await open({
      options: { usage: { users: false, addresses: 'off' } },
      override: (builder) =>
        builder
          .overrideProvider(Authenticator)
          .useValue(actingAs({ client: 'shop', user: 'alice', scope: ['invoices:approve'] })),
    });
    await api.get('/things/scoped');
    await settled(api, 1);
    expect(groups(await counted(api, 'clientId', 'user', 'address'))).toEqual([
      { clientId: 'shop', userIssuer: '', userSubject: '', address: '' },
    ]);
  });

  it('keeps addresses as blocks that many share where it is told to', async () => {
    const { api } = await open({ options: { usage: { addresses: 'truncated' } } });
    await api.get('/things/open/1');
    await settled(api, 1);
    expect(groups(await counted(api, 'address'))).toEqual([{ address: '127.0.0.0/24' }]);
  });

  it('never keeps a URL: one route is one row, and what is none is one too', async () => {
    const { api } = await open();
    for (const id of ['1', '2', '%00', 'x'.repeat(1000)]) await api.get(`/things/open/${id}`);
    for (const path of ['/nowhere', '/nowhere/else?key=secret']) await api.get(path);
    await settled(api, 6);
    const rows = await counted(api, 'route', 'status');
    expect(groups(rows).map(({ route }) => route)).toContain('');
    expect(JSON.stringify(rows)).not.toMatch(/nowhere|secret|xxx/);
    expect(new Set(groups(rows).map(({ route }) => route))).toEqual(
      new Set(['', 'ThingsController.open']),
    );
  });

  it('counts what the app itself answers with an error, and what never got to a guard', async () => {
    const { api } = await open();
    await api.get('/things/teapot');
    await api.get('/things/broken');
    await api.send('POST', '/things/heavy', { 'Content-Type': 'application/json' }, undefined);
    await settled(api, 3);
    const rows = await counted(api, 'route', 'status', 'refusal');
    expect(groups(rows)).toEqual(
      expect.arrayContaining([
        { route: 'ThingsController.teapot', status: 418, refusal: '' },
        { route: 'ThingsController.broken', status: 500, refusal: '' },
      ]),
    );
  });

  it('adds up the cost of routes that weigh more [C42]', async () => {
    const { api, key } = await open();
    await api.send('POST', '/things/heavy', { 'X-API-Key': key }, { a: 1 });
    await api.send('POST', '/things/heavy', { 'X-API-Key': key }, { a: 1 });
    await api.get('/things/keyed', { 'X-API-Key': key });
    await settled(api, 3);
    const rows = await counted(api, 'clientId');
    expect(rows).toMatchObject([{ group: { clientId: 'shop' }, calls: 3, cost: 51 }]);
  });

  it('counts a stream when it has ended, once', async () => {
    const { api } = await open();
    const answer = api.get('/things/stream');
    while (streams.length === 0) await sleep(5);
    await sleep(60);
    expect(await counted(api)).toEqual([]);
    streams.pop()?.end('last');
    expect((await answer).text).toBe('firstlast');
    await settled(api, 1);
    const [row] = await counted(api, 'status');
    expect(row).toMatchObject({ calls: 1, group: { status: 200 } });
    expect(row?.latencyMs).toBeGreaterThan(50);
  });

  it('counts a caller that goes away: 499 before there was an answer, else what it was', async () => {
    const { api } = await open();
    const { port } = api.app.getHttpServer().address() as { port: number };
    [handling, late] = [Promise.withResolvers(), Promise.withResolvers()];
    for (const path of ['/things/hangs', '/things/stream']) {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      if (path.endsWith('stream')) await once(socket, 'data');
      else await handling.promise;
      socket.destroy();
    }
    await settled(api, 2);
    late.resolve('late');
    expect(groups(await counted(api, 'route', 'status'))).toEqual([
      { route: 'ThingsController.hangs', status: 499 },
      { route: 'ThingsController.stream', status: 200 },
    ]);
    streams.pop()?.end();
  });

  it('counts nothing unless it is switched on, but when keys and clients were last used [W7]', async () => {
    const { api, key } = await open({ options: { usage: false } });
    await api.get('/things/keyed', { 'X-API-Key': key });
    const usage = api.app.get(UsageService);
    await expect(counted(api)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    expect(usage.report()).toEqual({ waitingRows: 0, foldedCalls: 0 });
    expect(await usage.lastUseOfClient('shop')).toMatchObject({ count: 1 });
    const apiKey = await api.app.get(ApiKeyService).get(key.split('_')[2] ?? '');
    expect(apiKey.useCount).toBe(1);
  });

  it('folds what is too different, loses none of it, and says how many', async () => {
    const { api } = await open({ options: { usage: { maxRows: 100 } } });
    for (let call = 0; call < 130; call += 1) {
      await api.get('/things/open/1', { 'User-Agent': `Bot${call}/1.0` });
    }
    await settled(api, 130);
    const rows = await counted(api, 'userAgent');
    const total = (row: readonly UsageTotal[]) => row.reduce((sum, { calls }) => sum + calls, 0);
    expect(total(rows)).toBe(130);
    expect(groups(rows)).toContainEqual({ userAgent: '(other)' });
    expect(api.app.get(UsageService).report().foldedCalls).toBe(
      total(rows.filter(({ group }) => group.userAgent === '(other)')),
    );
  });
});
