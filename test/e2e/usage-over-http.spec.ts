import { jest } from '@jest/globals';
import { Transactions, UsageStore, type UsageRow } from '@sallyport/nest';
import { SallyportError } from '../../libs/sallyport/src/errors.js';
import { sampleRow } from '../../libs/sallyport/src/usage/usage-samples.contract.js';
import { OWN_ISSUER, seedClients, startInstance, type Instance } from '../support/instances.js';
import { adapters, type Answer } from '../support/reference-api.js';

const DAY = 'from=2030-01-01T00:00:00Z&to=2030-01-02T00:00:00Z';

describe.each(adapters)('Usage over HTTP, on %s', (adapter) => {
  let api: Instance;
  let admin: string;
  beforeAll(async () => {
    api = await startInstance(adapter, { environment: 'development', usage: true });
    admin = await seedClients(api);
    await add(
      sampleRow('2030-01-01T10:59:00Z'),
      sampleRow('2030-01-01T11:00:00Z', { clientId: 'mobile', status: 403, refused: 1 }),
      sampleRow('2030-01-01T23:59:00Z', {
        ...{ clientId: 'mobile', apiKeyId: '', userIssuer: OWN_ISSUER, userSubject: 'alice' },
        ...{ calls: 5, cost: 10, userAgent: '=cmd|calc' },
      }),
      sampleRow('2030-01-02T00:00:00Z', { calls: 100 }),
    );
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => api.app.close());

  const add = (...rows: UsageRow[]) =>
    api.get(Transactions).run((tx) => api.get(UsageStore).add(rows, tx));
  const ask = (query: string) => api.call(`/admin/usage?${query}`, { key: admin });
  const rowsOf = ({ status, body }: Answer) => {
    expect(status).toBe(200);
    return body.rows as Record<string, unknown>[];
  };
  const expectProblem = async (query: string, says: RegExp) => {
    for (const path of ['', '/export']) {
      const { status, headers, body } = await api.call(`/admin/usage${path}?${query}`, {
        key: admin,
      });
      expect(status).toBe(400);
      expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(body.detail).toMatch(says);
      expect(JSON.stringify(body).length).toBeLessThan(2000);
    }
  };

  it('answers by hour, with what rows are grouped by [C40] [C49]', async () => {
    const answer = await ask(`${DAY}&groupBy=clientId,user`);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toMatchObject({
      granularity: 'hour',
      from: '2030-01-01T00:00:00.000Z',
      to: '2030-01-02T00:00:00.000Z',
      next: null,
    });
    const latency = expect.objectContaining({ le5: 0, le10: 1, slower: 0 });
    expect(rowsOf(answer)).toMatchObject([
      {
        ...{ startsAt: '2030-01-01T10:00:00.000Z', clientId: 'shop' },
        ...{ userIssuer: null, userSubject: null, calls: 1, refused: 0, cost: 1, latency },
      },
      { startsAt: '2030-01-01T11:00:00.000Z', clientId: 'mobile', refused: 1 },
      {
        ...{ startsAt: '2030-01-01T23:00:00.000Z', clientId: 'mobile', calls: 5, cost: 10 },
        ...{ userIssuer: OWN_ISSUER, userSubject: 'alice' },
      },
    ]);
  });

  it('says nothing of what it was not asked to group by', async () => {
    const [row] = rowsOf(await ask(`${DAY}&granularity=day`));
    expect(Object.keys(row ?? {})).toEqual([
      ...['startsAt', 'calls', 'refused', 'cost', 'latencyMs', 'latency'],
    ]);
    expect(row?.calls).toBe(7);
  });

  it.each([
    ['from=2030-01-01T10:59:00Z&to=2030-01-01T11:00:00Z&granularity=minute', 1],
    ['from=2030-01-01T10:59:59.999Z&to=2030-01-01T11:00:00.001Z&granularity=minute', 2],
    ['from=2030-01-01T11:00:00%2B01:00&to=2030-01-01T12:00:00%2B01:00', 1],
    ['from=2030-01-01T10:59:59Z&to=2030-01-01T11:00:01Z', 2],
    ['from=2030-01-01T23:59:59Z&to=2030-01-02T00:00:00Z&granularity=day', 7],
    ['from=2030-01-01T23:59:59Z&to=2030-01-02T00:00:01Z&granularity=day', 107],
    ['from=2030-01-02T00:00:00z&to=2030-01-02t00:00:01Z&granularity=minute', 100],
  ])('widens %s to whole minutes, hours or days: %i calls', async (query, calls) => {
    const rows = rowsOf(await ask(query));
    expect(rows.reduce((sum, row) => sum + Number(row.calls), 0)).toBe(calls);
  });

  it.each([
    ['clientId=mobile', 6],
    ['clientId=mobile&status=403', 1],
    ['sub=alice', 5],
    ['sub=alice&iss=https://elsewhere.example', 0],
    ['sub=', 2],
    ['apiKeyId=', 5],
    ['refusal=', 7],
    ['refusal=ERR_RATE_LIMITED', 0],
    ['route=InvoicesController.list&method=GET&address=192.0.2.7', 7],
    ['country=DE', 7],
    ['country=FR', 0],
    ['userAgent=InvoicesApp/2.3.1', 2],
  ])('filters by %s: %i calls', async (filter, calls) => {
    const rows = rowsOf(await ask(`${DAY}&granularity=day&${filter}`));
    expect(rows.reduce((sum, row) => sum + Number(row.calls), 0)).toBe(calls);
  });

  it('pages: `next` leads through all rows, each once', async () => {
    const query = `${DAY}&groupBy=clientId,status,user`;
    const seen: unknown[] = [];
    let next: string | null = null;
    do {
      const answer = await ask(`${query}&limit=1${next === null ? '' : `&after=${next}`}`);
      const rows = rowsOf(answer);
      expect(rows).toHaveLength(1);
      seen.push(...rows);
      next = answer.body.next as string | null;
    } while (next !== null);
    expect(seen).toEqual(rowsOf(await ask(query)));
  });

  it.each([
    ['', /from must be/],
    ['from=2030-01-01&to=2030-01-02', /RFC 3339/],
    ['from=2030-01-01T00:00:00&to=2030-01-02T00:00:00', /RFC 3339/],
    ['from=2030-01-01T00:00:00+01:00&to=2030-01-02T00:00:00Z', /%2B/],
    ['from=2030-02-30T00:00:00Z&to=2030-03-02T00:00:00Z', /no instant/],
    ['from=2030-01-01T25:00:00Z&to=2030-03-02T00:00:00Z', /no instant/],
    ['from=2030-01-02T00:00:00Z&to=2030-01-01T00:00:00Z', /to must be after from/],
    ['from=2030-01-01T00:00:00Z&to=2030-01-01T00:00:00Z', /to must be after from/],
    ['from=2000-01-01T00:00:00Z&to=2030-01-01T00:00:00Z', /at most 10000 hours/],
    [`${DAY}&granularity=week`, /granularity/],
    [`${DAY}&groupBy=client`, /groupBy must name any of clientId/],
    [`${DAY}&groupBy=clientId,clientId`, /twice/],
    [`${DAY}&groupBy=`, /groupBy/],
    [`${DAY}&groupBy=clientId&groupBy=route`, /groupBy/],
    [`${DAY}&status=2e2`, /status/],
    [`${DAY}&status=1000`, /status/],
    [`${DAY}&iss=https://a`, /iss is of no use/],
    [`${DAY}&clientId=${'x'.repeat(65)}`, /clientId/],
    [`${DAY}&__proto__=1`, /__proto__/],
    [`${DAY}&series=1`, /series/],
    [`from=2030-01-01T00:00:00Z&from=2030-01-01T00:00:00Z&to=2030-01-02T00:00:00Z`, /from/],
  ])('refuses %s, and says why', (query, says) => expectProblem(query, says));

  it.each([
    'limit=0',
    'limit=1001',
    'limit=x',
    'after=',
    'after=x',
    'after=e30',
    `after=${Buffer.from('[1,2]').toString('base64url')}`,
    `after=${Buffer.from('["x"]').toString('base64url')}`,
    ...['[0.5]', '[-1]', '[1e20]', '[0,"a\\u0000"]', '[0,"a\\ud800"]'].map(
      (text) => `groupBy=route&after=${Buffer.from(text).toString('base64url')}`,
    ),
    ...['[0,200.5]', '[0,1e12]'].map(
      (text) => `groupBy=status&after=${Buffer.from(text).toString('base64url')}`,
    ),
    `after=${Buffer.from('[1e999]').toString('base64url')}`,
    `groupBy=status&after=${Buffer.from('[1,"x"]').toString('base64url')}`,
  ])('refuses the page %s', async (query) => {
    expect((await ask(`${DAY}&${query}`)).status).toBe(400);
  });

  it('is for administrators alone', async () => {
    for (const path of ['/admin/usage', '/admin/usage/export']) {
      expect((await api.call(`${path}?${DAY}`)).status).toBe(401);
      const token = await api.token({ sub: 'alice', client_id: 'mobile' });
      expect((await api.call(`${path}?${DAY}`, { token })).status).toBe(401);
    }
  });

  describe('the export', () => {
    const download = async (query: string) => {
      const answer = await fetch(`${api.url}/admin/usage/export?${query}`, {
        headers: { 'x-api-key': admin },
      });
      return { status: answer.status, headers: answer.headers, body: await answer.text() };
    };

    it('is CSV that always has the same columns, and nothing that a spreadsheet runs [C92]', async () => {
      const { status, headers, body } = await download(
        `${DAY}&granularity=day&groupBy=userAgent,clientId`,
      );
      expect(status).toBe(200);
      expect(headers.get('content-type')).toMatch(/^text\/csv/);
      expect(headers.get('content-disposition')).toBe('attachment; filename="usage.csv"');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(body.split('\r\n')).toEqual([
        'startsAt,granularity,clientId,apiKeyId,userIssuer,userSubject,route,method,status,refusal,address,country,userAgent,calls,refused,cost,latencyMs,le5,le10,le25,le50,le100,le250,le500,le1000,le2500,le5000,slower',
        `2030-01-01T00:00:00.000Z,day,mobile,,,,,,,,,,"'=cmd|calc",5,0,10,7.25,0,1,0,0,0,0,0,0,0,0,0`,
        '2030-01-01T00:00:00.000Z,day,mobile,,,,,,,,,,InvoicesApp/2.3.1,1,1,1,7.25,0,1,0,0,0,0,0,0,0,0,0',
        '2030-01-01T00:00:00.000Z,day,shop,,,,,,,,,,InvoicesApp/2.3.1,1,0,1,7.25,0,1,0,0,0,0,0,0,0,0,0',
        '',
      ]);
    });

    it.each(['=1', '+1', '-1', '@1', '\t=1', '\r=1', '\n=1', '＝1', '＋1', '－1', '＠1'])(
      'keeps %j from being run, also by a spreadsheet that takes wide signs for narrow ones [C92]',
      async (userSubject) => {
        const day = '2031-05-06T00:00:00Z';
        await add(sampleRow(day, { userIssuer: OWN_ISSUER, userSubject }));
        const { body } = await download(
          `from=${day}&to=2031-05-07T00:00:00Z&granularity=day&groupBy=user&sub=${encodeURIComponent(userSubject)}`,
        );
        expect(body).toContain(`,"'${userSubject}",`);
      },
    );

    it('is JSON lines with the same members [C92]', async () => {
      const { headers, body } = await download(`${DAY}&format=jsonl&groupBy=clientId,status`);
      expect(headers.get('content-type')).toBe('application/x-ndjson');
      const lines = body.trimEnd().split('\n');
      expect(lines).toHaveLength(3);
      const [first] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(first).toMatchObject({ clientId: 'shop', status: 200, route: null, calls: 1 });
      expect(Object.keys(first ?? {}).slice(0, 3)).toEqual(['startsAt', 'granularity', 'clientId']);
    });

    it('holds every row, however many pages the store needs', async () => {
      const rows = Array.from({ length: 2500 }, (_, index) =>
        sampleRow('2030-05-05T10:00:00Z', { clientId: `c${String(index).padStart(4, '0')}` }),
      );
      await add(...rows);
      const { body } = await download(
        'from=2030-05-05T00:00:00Z&to=2030-05-06T00:00:00Z&granularity=day&groupBy=clientId&format=jsonl',
      );
      const lines = body.trimEnd().split('\n');
      expect(
        new Set(lines.map((line) => (JSON.parse(line) as { clientId: string }).clientId)).size,
      ).toBe(2500);
      expect(lines).toHaveLength(2500);
    });

    it('is a problem while the store is away, and breaks off rather than end too soon', async () => {
      const away = new SallyportError('ERR_STORE_UNAVAILABLE');
      const query = jest.spyOn(api.get(UsageStore), 'query').mockRejectedValueOnce(away);
      expect((await download(DAY)).status).toBe(503);
      const total = {
        ...{ startsAt: new Date(), group: {}, calls: 1, refused: 0, cost: 1, latencyMs: 1 },
        latency: [],
      };
      query
        .mockResolvedValueOnce([])
        .mockResolvedValueOnce(Array.from({ length: 1000 }, () => total))
        .mockRejectedValueOnce(away);
      await expect(download(DAY)).rejects.toThrow();
    });
  });
});
