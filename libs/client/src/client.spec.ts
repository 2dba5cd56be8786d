import {
  ClientError,
  createClient,
  expectOk,
  MemoryTokenStorage,
  ProblemError,
  Time,
  WebCrypto,
  type ClientOptions,
  type StoredTokens,
} from './index.js';

const ORIGIN = 'https://api.test';

class StoppedTime extends Time {
  readonly waits: number[] = [];
  now(): number {
    return 1_900_000_000_000;
  }
  wait(milliseconds: number): Promise<void> {
    this.waits.push(milliseconds);
    return Promise.resolve();
  }
}

/** A server of answers, which remembers what came. */
function answering(answer: (request: Request, count: number) => Response | Promise<Response>) {
  const requests: Request[] = [];
  const fetch = (url: URL, init: RequestInit) => {
    const request = new Request(url, init);
    requests.push(request);
    return Promise.resolve(answer(request.clone(), requests.length));
  };
  return { requests, fetch };
}

const time = new StoppedTime();
const client = (options: Omit<ClientOptions, 'origin'>) =>
  createClient({ origin: ORIGIN, time, ...options });
const claimsOf = (proof: string | null) =>
  JSON.parse(Buffer.from((proof ?? '').split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;

async function stored(given: Partial<StoredTokens> = {}): Promise<MemoryTokenStorage> {
  return new MemoryTokenStorage({
    accessToken: 'old',
    refreshToken: 'refresh-1',
    expiresAt: null,
    dpopKeys: await new WebCrypto().generateKeyPair(),
    ...given,
  });
}
const refresh = { tokenEndpoint: 'https://login.test/oauth/token', clientId: 'app' };

describe('The client', () => {
  beforeEach(() => {
    time.waits.length = 0;
  });

  it.each(['https://evil.test/x', '//evil.test/x', 'http://api.test/x', 'https://api.test:444/'])(
    'sends nothing to another origin: %s',
    async (target) => {
      const { fetch, requests } = answering(() => new Response('ok'));
      const call = client({ apiKey: 'k', fetch }).fetch(target);
      await expect(call).rejects.toMatchObject({ code: 'ERR_OTHER_ORIGIN' });
      expect(requests).toEqual([]);
    },
  );

  it.each([301, 302, 303, 307, 308])('follows no redirect: %d', async (status) => {
    const headers = { location: 'https://evil.test/' };
    const { fetch, requests } = answering(() => new Response(null, { status, headers }));
    const call = client({ apiKey: 'k', fetch }).fetch('/x');
    await expect(call).rejects.toMatchObject({ code: 'ERR_REDIRECTED' });
    expect(requests).toHaveLength(1);
    expect(requests[0]?.redirect).toBe('manual');
  });

  it('waits as it is told, and sends the same body again', async () => {
    const { fetch, requests } = answering((_request, count) =>
      count < 3
        ? new Response('', { status: 429, headers: { 'retry-after': '2' } })
        : new Response('ok'),
    );
    const response = await client({ apiKey: 'k', fetch }).fetch('/x', {
      method: 'POST',
      body: 'b',
    });
    expect(response.status).toBe(200);
    expect(time.waits).toEqual([2000, 2000]);
    expect(await requests[2]?.text()).toBe('b');
  });

  it('signs each attempt with a nonce of its own', async () => {
    const { fetch, requests } = answering(
      () => new Response('', { status: 503, headers: { 'retry-after': '1' } }),
    );
    const signature = { keyId: 'id', secret: 'c2VjcmV0' };
    expect((await client({ signature, fetch }).fetch('/x')).status).toBe(503);
    const inputs = requests.map(({ headers }) => headers.get('signature-input'));
    expect(new Set(inputs).size).toBe(3);
  });

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

  it('sends a stream once, and signs none', async () => {
    const { fetch, requests } = answering(
      () => new Response('', { status: 429, headers: { 'retry-after': '1' } }),
    );
    const init = () => ({ method: 'POST', body: new Blob(['b']).stream() });
    expect((await client({ apiKey: 'k', fetch }).fetch('/x', init())).status).toBe(429);
    expect(requests).toHaveLength(1);
    const signature = { keyId: 'id', secret: 'c2VjcmV0' };
    const signed = client({ signature, fetch }).fetch('/x', init());
    await expect(signed).rejects.toMatchObject({ code: 'ERR_BODY_NOT_SIGNABLE' });
    expect(requests).toHaveLength(1);
  });

  it('tells a refusal by its code', async () => {
    const body = JSON.stringify({
      type: 'https://p.test/a',
      title: 'No',
      status: 403,
      code: 'ERR_A',
    });
    const headers = { 'content-type': 'application/problem+json' };
    const { fetch } = answering(() => new Response(body, { status: 403, headers }));
    const call = client({ apiKey: 'k', fetch }).fetch('/x').then(expectOk);
    const expected = { status: 403, code: 'ERR_A', type: 'https://p.test/a', message: 'No' };
    await expect(call).rejects.toMatchObject(expected);
    await expect(call).rejects.toBeInstanceOf(ProblemError);
  });
});

describe('Access tokens of the client', () => {
  const challenge = (nonce: string) =>
    new Response('', {
      status: 401,
      headers: { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': nonce },
    });

  it('RFC 9449 §9: answers one challenge with its nonce, and an endless one not', async () => {
    const { fetch, requests } = answering((_request, count) => challenge(`n${String(count)}`));
    const storage = await stored();
    expect((await client({ token: { storage }, fetch }).fetch('/x?a=1')).status).toBe(401);
    expect(requests).toHaveLength(2);
    const [first, second] = requests.map(({ headers }) => claimsOf(headers.get('dpop')));
    expect(first).toMatchObject({ htm: 'GET', htu: `${ORIGIN}/x` });
    expect(first?.nonce).toBeUndefined();
    expect(second?.nonce).toBe('n1');
    expect(second?.jti).not.toBe(first?.jti);
  });

  const renewing = () =>
    answering((request) => {
      if (request.url === refresh.tokenEndpoint) {
        return Response.json({ access_token: 'new', refresh_token: 'refresh-2', expires_in: 600 });
      }
      const isNew = request.headers.get('authorization') === 'DPoP new';
      const headers = { 'www-authenticate': 'DPoP error="invalid_token"' };
      return isNew ? new Response('ok') : new Response('', { status: 401, headers });
    });

  it.each([null, 1_900_000_000_000])(
    'are refreshed once, however many requests need it; expiring: %s',
    async (expiresAt) => {
      const { fetch, requests } = renewing();
      const storage = await stored({ expiresAt });
      const api = client({ token: { storage, refresh }, fetch });
      const answers = await Promise.all(Array.from({ length: 20 }, () => api.fetch('/x')));
      expect(answers.every(({ status }) => status === 200)).toBe(true);
      const refreshes = requests.filter(({ url }) => url === refresh.tokenEndpoint);
      expect(refreshes).toHaveLength(1);
      expect(claimsOf(refreshes[0]?.headers.get('dpop') ?? null).ath).toBeUndefined();
      expect(await storage.read()).toMatchObject({ accessToken: 'new', refreshToken: 'refresh-2' });
    },
  );

  it('are not refreshed again with a token that was refused', async () => {
    const { fetch, requests } = answering(() =>
      Response.json({ error: 'invalid_grant' }, { status: 400 }),
    );
    const storage = await stored({ expiresAt: 1 });
    const api = client({ token: { storage, refresh }, fetch });
    await expect(api.fetch('/x')).rejects.toMatchObject({ code: 'invalid_grant', status: 400 });
    expect((await api.fetch('/x')).status).toBe(400);
    expect(requests.map(({ url }) => url)).toEqual([refresh.tokenEndpoint, `${ORIGIN}/x`]);
  });

  it('are missed before anything is sent', async () => {
    const { fetch, requests } = answering(() => new Response('ok'));
    const call = client({ token: { storage: new MemoryTokenStorage() }, fetch }).fetch('/x');
    await expect(call).rejects.toBeInstanceOf(ClientError);
    expect(requests).toEqual([]);
  });

  it('are bound to a key that nobody can read', async () => {
    const { privateKey } = await new WebCrypto().generateKeyPair();
    await expect(crypto.subtle.exportKey('jwk', privateKey)).rejects.toThrow();
  });
});
