import {
  answering,
  clientAt,
  NOW,
  ORIGIN,
  StoppedTime,
  watchedBody,
} from '../../../test/support/answering.js';
import { createClient, expectOk, ProblemError, SystemTime, type ClientOptions } from './index.js';

const time = new StoppedTime();
const client = clientAt(time);
const signature = { keyId: 'id', secret: 'c2VjcmV0' };
const stream = () => ({ method: 'POST', body: new Blob(['b']).stream(), duplex: 'half' as const });

describe('The client', () => {
  beforeEach(() => {
    time.waits.length = 0;
  });

  it.each(['https://evil.test/x', '//evil.test/x', 'http://api.test/x', 'https://api.test:444/'])(
    'sends nothing to another origin: %s',
    async (target) => {
      const { fetch, requests } = answering(() => new Response('ok'));
      const { fetch: call } = client({ apiKey: 'k', fetch });
      await expect(call(target)).rejects.toMatchObject({ code: 'ERR_OTHER_ORIGIN' });
      const request = new Request(new URL(target, ORIGIN));
      await expect(call(request)).rejects.toMatchObject({ code: 'ERR_OTHER_ORIGIN' });
      expect(requests).toEqual([]);
    },
  );

  it.each([301, 302, 303, 307, 308])('follows no redirect: %d', async (status) => {
    const headers = { location: 'https://evil.test/' };
    const { body, isCancelled } = watchedBody();
    const { fetch, requests } = answering(() => new Response(body, { status, headers }));
    const call = client({ apiKey: 'k', fetch }).fetch('/x', { redirect: 'follow' });
    await expect(call).rejects.toMatchObject({ code: 'ERR_REDIRECTED' });
    expect(requests).toHaveLength(1);
    expect(requests[0]?.redirect).toBe('manual');
    expect(isCancelled()).toBe(true);
  });

  const unusable: Record<string, Partial<ClientOptions>> = {
    'an origin in clear': { origin: 'http://api.test' },
    'an origin of another scheme': { origin: 'ftp://api.test' },
    'an origin that only looks local': { origin: 'http://127.0.0.1.evil.test' },
    'an origin with a path': { origin: 'https://api.test/v1' },
    'a key of two lines': { apiKey: 'k\nx: secret' },
    'a key id that would end its own quotation': { signature: { ...signature, keyId: 'a";b="' } },
    'a secret that is none': { signature: { ...signature, secret: 'not base64!' } },
    'a token endpoint in clear': {
      token: { refresh: { tokenEndpoint: 'http://login.test/token', clientId: 'app' } },
    },
  };
  it.each(Object.keys(unusable))('is not made with %s, and quotes no secret', (name) => {
    const make = () => createClient({ origin: ORIGIN, ...unusable[name] });
    expect(make).toThrow(TypeError);
    expect(make).not.toThrow(/secret$|not base64!/);
  });

  it.each(['http://localhost:3000', 'http://127.0.0.1', 'http://[::1]:1', 'https://api.test/'])(
    'is made for %s',
    (origin) => {
      expect(() => createClient({ origin })).not.toThrow();
    },
  );
});

describe('A request of the client', () => {
  const forms: Record<string, () => RequestInit> = {
    text: () => ({ body: 'b' }),
    bytes: () => ({ body: new TextEncoder().encode('b') }),
    'a form': () => ({ body: new URLSearchParams({ a: 'b' }) }),
    'form data': () => {
      const body = new FormData();
      body.set('a', new Blob(['b']), 'file');
      return { body };
    },
    'a blob': () => ({ body: new Blob(['b'], { type: 'text/x-b' }) }),
  };
  it.each(Object.keys(forms))('is sent with %s as fetch sends it, and signed', async (name) => {
    const { fetch, requests } = answering(() => new Response('ok'));
    const init = { method: 'POST', ...forms[name]?.() };
    await client({ signature, fetch }).fetch('/x', init);
    const usual = new Request(`${ORIGIN}/x`, init);
    const typeOf = ({ headers }: Request) =>
      headers.get('content-type')?.replace(/boundary=.*/, 'boundary') ?? null;
    expect(typeOf(requests[0]!)).toBe(typeOf(usual));
    expect(requests[0]?.headers.get('signature-input')).toContain('"content-digest"');
    const bare = (text: string) => text.replaceAll(/-{4,}[^\r\n]*/g, '-');
    expect(bare((await requests[0]?.text()) ?? '')).toBe(bare(await usual.text()));
  });

  it('may be a Request, changed by init as fetch changes it', async () => {
    const { fetch, requests } = answering(() => new Response('ok'));
    const headers = { 'content-type': 'application/json', 'x-a': '1' };
    const request = new Request(`${ORIGIN}/x`, { method: 'POST', headers, body: '{"a":1}' });
    await client({ signature, fetch }).fetch(request, { headers: [['x-a', '2']] });
    const [sent] = requests;
    expect([sent?.method, sent?.headers.get('x-a')]).toEqual(['POST', '2']);
    expect(sent?.headers.get('signature-input')).toContain('"content-digest"');
    expect(await sent?.text()).toBe('{"a":1}');
    expect(request.bodyUsed).toBe(true);
  });

  it('takes headers in every form, and puts its own above them', async () => {
    const { fetch, requests } = answering(() => new Response('ok'));
    const lines: [string, string][] = [
      ['x-api-key', 'of the caller'],
      ['x-a', '1'],
      ['X-A', '2'],
    ];
    for (const headers of [lines, new Headers(lines), { 'X-API-Key': 'c', 'x-a': '1, 2' }]) {
      await client({ apiKey: 'k', fetch }).fetch('x', { headers, method: 'patch' });
    }
    expect(requests.map(({ url, method }) => `${method} ${url}`)).toEqual(
      Array(3).fill(`PATCH ${ORIGIN}/x`),
    );
    const seen = requests.map(({ headers }) => [headers.get('x-api-key'), headers.get('x-a')]);
    expect(seen).toEqual(Array(3).fill(['k', '1, 2']));
  });

  it('is not sent when its signal is aborted', async () => {
    const { fetch, requests } = answering(() => new Response('ok'));
    const signal = AbortSignal.abort(new Error('enough'));
    const { fetch: call } = client({ apiKey: 'k', fetch });
    await expect(call('/x', { signal })).rejects.toThrow('enough');
    await expect(call(new Request(`${ORIGIN}/x`, { signal }))).rejects.toThrow('enough');
    expect(requests).toEqual([]);
  });

  it('is sent once as a stream, and not signed', async () => {
    const { fetch, requests } = answering(
      () => new Response('', { status: 429, headers: { 'retry-after': '1' } }),
    );
    expect((await client({ apiKey: 'k', fetch }).fetch('/x', stream())).status).toBe(429);
    expect(requests).toHaveLength(1);
    const signed = client({ signature, fetch }).fetch('/x', stream());
    await expect(signed).rejects.toMatchObject({ code: 'ERR_BODY_NOT_SIGNABLE' });
    expect(requests).toHaveLength(1);
  });

  it('is dated anew by a server that refuses our time, once, and right from then on', async () => {
    const later = NOW + 3_600_000;
    const { fetch, requests } = answering(({ headers }) => {
      const input = headers.get('signature-input') ?? '';
      const isRight = input.includes(`created=${String(later / 1000)}`);
      const date = new Date(later).toUTCString();
      return new Response('', { status: isRight ? 200 : 401, headers: { date } });
    });
    const api = client({ signature, fetch });
    expect((await api.fetch('/x')).status).toBe(200);
    expect((await api.fetch('/x')).status).toBe(200);
    expect(requests).toHaveLength(3);
  });

  it.each([
    ['the same time', { date: new Date(NOW + 5_000).toUTCString() }],
    ['no time', {}],
    ['no readable time', { date: 'soon' }],
  ])('is not sent again when it is refused at %s', async (_name, headers) => {
    const { fetch, requests } = answering(() => new Response('', { status: 401, headers }));
    expect((await client({ signature, fetch }).fetch('/x')).status).toBe(401);
    expect(requests).toHaveLength(1);
  });
});

describe('Told to come back later, the client', () => {
  beforeEach(() => {
    time.waits.length = 0;
  });
  const soon = { 'retry-after': '2' };

  it('waits as it is told, sends the same body again, and gives the connection back', async () => {
    const refusals = [watchedBody(), watchedBody()];
    const { fetch, requests } = answering((_request, count) =>
      count < 3
        ? new Response(refusals[count - 1]?.body, { status: 429, headers: soon })
        : new Response('ok'),
    );
    const init = { method: 'POST', body: 'b' };
    expect((await client({ apiKey: 'k', fetch }).fetch('/x', init)).status).toBe(200);
    expect(time.waits).toEqual([2000, 2000]);
    expect(await requests[2]?.text()).toBe('b');
    expect(refusals.map(({ isCancelled }) => isCancelled())).toEqual([true, true]);
  });

  it('signs each attempt with a nonce of its own', async () => {
    const { fetch, requests } = answering(() => new Response('', { status: 503, headers: soon }));
    expect((await client({ signature, fetch }).fetch('/x')).status).toBe(503);
    const inputs = requests.map(({ headers }) => headers.get('signature-input'));
    expect(new Set(inputs).size).toBe(3);
  });

  it.each([
    ['GET', {}, 3],
    ['PUT', {}, 3],
    ['DELETE', {}, 3],
    ['POST', {}, 1],
    ['PATCH', {}, 1],
    ['POST', { 'idempotency-key': '1' }, 3],
  ])(
    'repeats after a 503 only what does nothing twice: %s %j',
    async (method, headers, expected) => {
      const { fetch, requests } = answering(() => new Response('', { status: 503, headers: soon }));
      const answer = await client({ apiKey: 'k', fetch }).fetch('/x', { method, headers });
      expect([answer.status, requests.length]).toEqual([503, expected]);
    },
  );

  it.each([
    ['a huge Retry-After', { 'retry-after': '31536000' }],
    ['a date far away', { 'retry-after': 'Fri, 01 Jan 2100 00:00:00 GMT' }],
    ['no Retry-After', {}],
    ['an unreadable one', { 'retry-after': '-1 soon' }],
  ])('does not wait for %s', async (_name, headers) => {
    const { fetch, requests } = answering(() => new Response('', { status: 429, headers }));
    expect((await client({ apiKey: 'k', fetch }).fetch('/x')).status).toBe(429);
    expect(requests).toHaveLength(1);
    expect(time.waits).toEqual([]);
  });

  it('waits until a date by the clock of the server', async () => {
    const [date, until] = [NOW + 86_400_000, NOW + 86_403_000].map((at) =>
      new Date(at).toUTCString(),
    );
    const headers = { date: date ?? '', 'retry-after': until ?? '' };
    const { fetch } = answering((_request, count) =>
      count === 1 ? new Response('', { status: 429, headers }) : new Response('ok'),
    );
    expect((await client({ apiKey: 'k', fetch }).fetch('/x')).status).toBe(200);
    expect(time.waits).toEqual([3000]);
  });

  it('stops waiting when the caller does', async () => {
    const { fetch, requests } = answering(
      () => new Response('', { status: 429, headers: { 'retry-after': '9' } }),
    );
    const abort = new AbortController();
    const api = clientAt(new SystemTime())({ apiKey: 'k', fetch });
    const call = api.fetch('/x', { signal: abort.signal });
    const started = performance.now();
    setTimeout(() => abort.abort(new Error('enough')), 20);
    await expect(call).rejects.toThrow('enough');
    expect(performance.now() - started).toBeLessThan(5000);
    expect(requests).toHaveLength(1);
  });
});

describe('A refusal', () => {
  it('is told by its type', async () => {
    const problem = { type: 'urn:p:a', title: 'No', status: 403, detail: 'Ask for it.' };
    const headers = { 'content-type': 'application/problem+json' };
    const { fetch } = answering(
      () => new Response(JSON.stringify(problem), { status: 403, headers }),
    );
    const call = client({ apiKey: 'k', fetch }).fetch('/x').then(expectOk);
    const told = { status: 403, type: 'urn:p:a', message: 'No', detail: 'Ask for it.', code: null };
    await expect(call).rejects.toMatchObject(told);
    await expect(call).rejects.toBeInstanceOf(ProblemError);
  });

  it.each([
    ['text/html', '<h1>'],
    ['application/json', '{'],
    ['application/json', '"text"'],
    ['application/json', '{"type":1,"title":{}}'],
  ])('is told by its status where its body says nothing: %s %s', async (type, body) => {
    const headers = { 'content-type': type };
    const { fetch } = answering(() => new Response(body, { status: 502, headers }));
    const call = client({ apiKey: 'k', fetch }).fetch('/x').then(expectOk);
    const error = await call.catch((thrown: unknown) => thrown as ProblemError);
    expect(error).toMatchObject({ status: 502, code: null, type: 'about:blank' });
    expect(await (error as ProblemError).response.text()).toBe(body);
  });
});
