import { request as httpRequest } from 'node:http';
import { DataSource } from 'typeorm';
import { matrix, startReferenceApi, type RunningApi } from '../support/reference-api.js';

/** Sends header lines as they are given: the same name twice, bytes that fetch would refuse. */
function rawGet(url: string, lines: readonly (readonly [string, string])[]): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { headers: lines.flat() });
    request.on('error', reject);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text });
      });
    });
    request.end();
  });
}

interface RawAnswer {
  readonly status: number;
  readonly text: string;
}

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe.each(matrix)('Bad input to the reference API, $name', ({ adapter, stores }) => {
  let api: RunningApi;
  let before: unknown;

  /** Every row that a caller could have changed. */
  const contents = async () => {
    const database = api.app.get(DataSource);
    const tables = ['invoices', 'sallyport.api_keys', 'sallyport.role_grants'];
    const rows = await Promise.all([
      ...tables.map((table) => database.query(`SELECT count(*) FROM ${table}`)),
      database.query('SELECT count(*) FROM sallyport.revocations'),
    ]);
    return rows;
  };

  beforeAll(async () => {
    api = await startReferenceApi(adapter, stores);
    before = await contents();
  });
  afterAll(async () => {
    await api.close();
  });
  afterEach(async () => {
    expect(await contents()).toEqual(before);
  });

  const post = (body: unknown, headers: Record<string, string> = {}) =>
    api.call('/v1/invoices', { method: 'POST', key: api.key('backoffice-web'), body, headers });
  const host = () => ['host', new URL(api.url).host] as const;

  it.each([
    ['an empty scheme', 'Bearer'],
    ['two tokens', 'Bearer a b'],
    ['a list', 'Bearer a, Bearer b'],
    ['no scheme', 'abcdef'],
    ['huge', `Bearer ${'a'.repeat(12_000)}`],
    ['not ASCII', 'Bearer caf\u00e9'],
    ['a control character', 'Bearer a\tb'],
  ])('refuses an Authorization header that is %s', async (_what, value) => {
    const answer = await rawGet(`${api.url}/v1/invoices`, [host(), ['authorization', value]]);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.text).not.toMatch(/\bat .*\.(ts|js):\d+/);
  });

  it('refuses a doubled Authorization header, whichever line is good', async () => {
    const good = ['authorization', `ApiKey ${api.key('nightly-job')}`] as const;
    const bad = ['authorization', 'Bearer nonsense'] as const;
    for (const lines of [
      [good, bad],
      [bad, good],
      [good, good],
    ]) {
      expect((await rawGet(`${api.url}/v1/invoices`, [host(), ...lines])).status).toBe(400);
    }
  });

  it('refuses two keys, in one header twice or in two headers', async () => {
    const key = api.key('nightly-job');
    const url = `${api.url}/v1/invoices`;
    const twice = await rawGet(url, [host(), ['x-api-key', key], ['X-API-Key', key]]);
    const both = await rawGet(url, [
      host(),
      ['x-api-key', key],
      ['authorization', `ApiKey ${key}`],
    ]);
    expect([twice.status, both.status]).toEqual([400, 400]);
  });

  it.each(['api_key', 'access_token', 'apikey', 'anything'])(
    'refuses a key in the query as %s, beside a good one in the header [C37]',
    async (name) => {
      const key = api.key('nightly-job');
      const { status, body } = await api.call(`/v1/invoices?${name}=${key}`, { key });
      expect(status).toBe(400);
      expect(JSON.stringify(body)).not.toContain(key);
    },
  );

  it.each([
    ['not JSON', '{"department":'],
    ['deep lists', `{"department":${nested(5_000)}}`],
    ['deeper lists', nested(200_000)],
    ['too large', JSON.stringify({ department: 'x'.repeat(1_100_000) })],
    ['a list', '[]'],
    ['text', '"x"'],
    ['null', 'null'],
    ['nothing', ''],
    [
      '__proto__',
      '{"__proto__":{"isAdmin":true},"department":"Finance","amountCents":1,"currency":"EUR"}',
    ],
    [
      'constructor',
      '{"constructor":{"prototype":{"x":1}},"department":"Finance","amountCents":1,"currency":"EUR"}',
    ],
  ])('refuses a body that is %s', async (_what, body) => {
    const { status, headers, body: problem } = await post(body);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(JSON.stringify(problem)).not.toMatch(/\bat .*\.(ts|js):\d+/);
  });

  it.each([
    { department: 'Finance', amountCents: 1, currency: 'EUR', status: 'approved' },
    { department: 'Finance', amountCents: 1, currency: 'EUR', createdBy: 'mallory' },
    { department: 'Finance', amountCents: 1, currency: 'EUR', id: 'x' },
    { department: ['Finance'], amountCents: 1, currency: 'EUR' },
    { department: 'Fin\u0000ance', amountCents: 1, currency: 'EUR' },
    { department: 'x'.repeat(10_000), amountCents: 1, currency: 'EUR' },
    { department: 'Finance', amountCents: '1', currency: 'EUR' },
    { department: 'Finance', amountCents: 1.5, currency: 'EUR' },
    { department: 'Finance', amountCents: -1, currency: 'EUR' },
    { department: 'Finance', amountCents: 1e300, currency: 'EUR' },
    { department: 'Finance', amountCents: 1, currency: 'eur' },
    {},
  ])('refuses the invoice %j', async (body) => {
    const { status, body: problem } = await post(body);
    expect(status).toBe(400);
    expect(problem.type).toBe('urn:sallyport:problem:invalid-input');
    expect(problem.detail).not.toBe('');
  });

  it.each([
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ])('refuses the content type %s', async (type) => {
    const { status } = await post('{}', { 'content-type': type });
    expect(status).toBe(415);
  });

  it.each([
    'not-a-uuid',
    '..%2f..%2fetc%2fpasswd',
    '%00',
    "'; DROP TABLE invoices; --",
    '%E0%A4%A',
    'x'.repeat(3_000),
  ])('refuses the invoice id %j', async (id) => {
    const answer = await api.call(`/v1/invoices/${id}`, { key: api.key('nightly-job') });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  });

  it.each([
    'page=0',
    'page=-1',
    'page=1e2',
    'page=1.5',
    'page=',
    'page=1&page=2',
    'pageSize=101',
    'pageSize=0',
    'pageSize=100000000000000000000',
    'unknown=1',
    'page[$gt]=1',
  ])('refuses the page ?%s [C44]', async (query) => {
    const { status } = await api.call(`/v1/invoices?${query}`, { key: api.key('nightly-job') });
    expect(status).toBe(400);
  });

  it('bounds the size of a page [C44]', async () => {
    const key = api.key('nightly-job');
    const { status, body } = await api.call('/v1/invoices?page=1&pageSize=1', { key });
    expect(status).toBe(200);
    expect(body.items).toHaveLength(1);
  });

  it.each([
    [{ kind: 'everything', id: 'x' }],
    [{ kind: 'token', id: '' }],
    [{ kind: 'token', id: 'x'.repeat(5_000) }],
    [{ kind: 'token', id: 'a\u0000b' }],
    [{ kind: 'token', id: { $ne: null } }],
    [{ kind: ['token'], id: 'x' }],
    [{ kind: 'user-client', id: 'alice' }],
    [{ kind: 'token', id: 'x', expiresAt: 0 }],
    [{ kind: 'client', id: 'no-such-client' }],
    [{ kind: 'api-key', id: '../../x' }],
  ])('refuses the revocation %j', async (body) => {
    const { status } = await api.call('/admin/revocations', {
      method: 'POST',
      key: api.key('operator'),
      body,
    });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });
});
