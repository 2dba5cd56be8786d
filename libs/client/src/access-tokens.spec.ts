import {
  answering,
  claimsOf,
  clientAt,
  NOW,
  ORIGIN,
  StoppedTime,
  stored,
  storedTokens,
  watchedBody,
} from '../../../test/support/answering.js';
import {
  ClientError,
  MemoryTokenStorage,
  TokenStorage,
  WebCrypto,
  type StoredTokens,
} from './index.js';

const client = clientAt(new StoppedTime());
const refresh = { tokenEndpoint: 'https://login.test/oauth/token', clientId: 'app' };
const granted = { access_token: 'new', token_type: 'DPoP', refresh_token: 'refresh-2' };
const invalidToken = { 'www-authenticate': 'DPoP error="invalid_token"' };

/** An API that takes the new token, and a token endpoint that gives it. */
const renewing = (grant: () => Response | Promise<Response> = () => Response.json(granted)) =>
  answering((request) => {
    if (request.url === refresh.tokenEndpoint) return grant();
    const isNew = request.headers.get('authorization') === 'DPoP new';
    return isNew ? new Response('ok') : new Response('', { status: 401, headers: invalidToken });
  });
const isRefresh = ({ url }: Request) => url === refresh.tokenEndpoint;

describe('Access tokens of the client', () => {
  const challenge = (nonce: string, body: ReadableStream | null = null) =>
    new Response(body, {
      status: 401,
      headers: { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': nonce },
    });

  it('RFC 9449 §9: answer one challenge with its nonce, and an endless one not', async () => {
    const { body, isCancelled } = watchedBody();
    const { fetch, requests } = answering((_request, count) =>
      challenge(`n${String(count)}`, count === 1 ? body : null),
    );
    const storage = await stored();
    expect((await client({ token: { storage }, fetch }).fetch('/x?a=1')).status).toBe(401);
    expect(requests).toHaveLength(2);
    const [first, second] = requests.map(({ headers }) => claimsOf(headers.get('dpop')));
    expect(first).toMatchObject({ htm: 'GET', htu: `${ORIGIN}/x` });
    expect(first?.nonce).toBeUndefined();
    expect(second?.nonce).toBe('n1');
    expect(second?.jti).not.toBe(first?.jti);
    expect(isCancelled()).toBe(true);
  });

  it('RFC 9449 §8.2: keep the nonces of two servers apart', async () => {
    const { fetch, requests } = answering((request, count) => {
      if (!isRefresh(request)) {
        const headers = { ...invalidToken, 'dpop-nonce': 'api' };
        return new Response('', { status: 401, headers });
      }
      const headers = { 'dpop-nonce': `login-${String(count)}` };
      return count < 3
        ? Response.json({ error: 'use_dpop_nonce' }, { status: 400, headers })
        : Response.json(granted, { headers });
    });
    const storage = await stored();
    await client({ token: { storage, refresh }, fetch }).fetch('/x');
    const seen = requests.map(({ url, headers }) => [
      new URL(url).host,
      claimsOf(headers.get('dpop')).nonce,
    ]);
    expect(seen).toEqual([
      ['api.test', undefined],
      ['login.test', undefined],
      ['login.test', 'login-2'],
      ['api.test', 'api'],
    ]);
  });

  it.each([null, NOW])(
    'are refreshed once, however many requests need it; expiring: %s',
    async (expiresAt) => {
      const grant = { ...granted, expires_in: 600 };
      const { fetch, requests } = renewing(() => Response.json(grant));
      const storage = await stored({ expiresAt });
      const api = client({ token: { storage, refresh }, fetch });
      const answers = await Promise.all(Array.from({ length: 20 }, () => api.fetch('/x')));
      expect(answers.every(({ status }) => status === 200)).toBe(true);
      const refreshes = requests.filter(isRefresh);
      expect(refreshes).toHaveLength(1);
      expect(claimsOf(refreshes[0]?.headers.get('dpop') ?? null).ath).toBeUndefined();
      const expected = { accessToken: 'new', refreshToken: 'refresh-2', expiresAt: NOW + 600_000 };
      expect(await storage.read()).toMatchObject(expected);
    },
  );

  it('are refreshed once by clients that share a storage', async () => {
    const { fetch, requests } = renewing();
    const storage = await stored();
    const apis = Array.from({ length: 5 }, () => client({ token: { storage, refresh }, fetch }));
    const answers = await Promise.all(apis.map((api) => api.fetch('/x')));
    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(200));
    expect(requests.filter(isRefresh)).toHaveLength(1);
  });

  it('give back the connections of what they were refused', async () => {
    const { body, isCancelled } = watchedBody();
    const { fetch } = answering((request, count) => {
      if (isRefresh(request)) return Response.json(granted);
      return count === 1
        ? new Response(body, { status: 401, headers: invalidToken })
        : new Response('ok');
    });
    const storage = await stored();
    const { status } = await client({ token: { storage, refresh }, fetch }).fetch('/x');
    expect([status, isCancelled()]).toEqual([200, true]);
  });

  it('are not refreshed again with a token that was refused', async () => {
    const { fetch, requests } = answering(() =>
      Response.json({ error: 'invalid_grant', error_description: 'spent' }, { status: 400 }),
    );
    const storage = await stored({ expiresAt: 1 });
    const api = client({ token: { storage, refresh }, fetch });
    const refused = { code: 'invalid_grant', status: 400, message: 'spent' };
    await expect(api.fetch('/x')).rejects.toMatchObject(refused);
    expect((await api.fetch('/x')).status).toBe(400);
    expect(requests.map(({ url }) => url)).toEqual([refresh.tokenEndpoint, `${ORIGIN}/x`]);
  });

  /** Without a lock: as if another process wrote, which asks nobody. */
  class SharedStorage extends TokenStorage {
    constructor(public tokens: StoredTokens | null) {
      super();
    }
    read = () => Promise.resolve(this.tokens);
    write = (tokens: StoredTokens | null) => {
      this.tokens = tokens;
      return Promise.resolve();
    };
  }

  it.each([
    ['refused', () => Response.json({ error: 'invalid_grant' }, { status: 400 })],
    ['given', () => Response.json({ ...granted, access_token: 'late' })],
  ])('of another tab are kept and used when ours are %s after them', async (_name, grant) => {
    const storage = new SharedStorage(await storedTokens());
    const others = await storedTokens({ accessToken: 'new', refreshToken: 'refresh-of-other' });
    const { fetch } = renewing(() => {
      storage.tokens = others;
      return grant();
    });
    const { status } = await client({ token: { storage, refresh }, fetch }).fetch('/x');
    expect(status).toBe(200);
    expect(storage.tokens).toBe(others);
  });

  it('do not come back when the user signs out while they are refreshed', async () => {
    const storage = new SharedStorage(await storedTokens());
    const { fetch } = renewing(() => {
      storage.tokens = null;
      return Response.json(granted);
    });
    const call = client({ token: { storage, refresh }, fetch }).fetch('/x');
    await expect(call).rejects.toMatchObject({ code: 'ERR_NO_TOKEN' });
    expect(storage.tokens).toBeNull();
  });

  it('that are still good do while the token endpoint is away', async () => {
    const { fetch, requests } = answering((request) => {
      if (isRefresh(request)) throw new TypeError('fetch failed');
      return new Response('ok');
    });
    const storage = await stored({ expiresAt: NOW + 20_000 });
    expect((await client({ token: { storage, refresh }, fetch }).fetch('/x')).status).toBe(200);
    expect(requests).toHaveLength(2);
    const ended = await stored({ expiresAt: NOW });
    const call = client({ token: { storage: ended, refresh }, fetch }).fetch('/x');
    await expect(call).rejects.toThrow('fetch failed');
  });

  it.each([
    ['a page', () => new Response('<h1>Welcome</h1>')],
    ['nothing', () => Response.json(null)],
    ['no token', () => Response.json({ token_type: 'DPoP' })],
    ['a token of no type', () => Response.json({ access_token: 'new' })],
    // RFC 9449 §5: it would work for a thief.
    ['a bearer token', () => Response.json({ access_token: 'new', token_type: 'Bearer' })],
  ])('are not replaced by %s', async (_name, grant) => {
    const { fetch } = renewing(grant);
    const storage = await stored();
    const call = client({ token: { storage, refresh }, fetch }).fetch('/x');
    await expect(call).rejects.toMatchObject({ code: 'ERR_TOKEN_RESPONSE' });
    expect(await storage.read()).toMatchObject({ accessToken: 'old', refreshToken: 'refresh-1' });
  });

  it('are waited for until the caller gives up, and then for the others', async () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    const { fetch, requests } = renewing(() => promise);
    const api = client({ token: { storage: await stored(), refresh }, fetch });
    const abort = new AbortController();
    const impatient = api.fetch('/x', { signal: abort.signal });
    const patient = api.fetch('/x');
    setTimeout(() => abort.abort(new Error('enough')), 5);
    await expect(impatient).rejects.toThrow('enough');
    resolve(Response.json(granted));
    expect((await patient).status).toBe(200);
    expect(requests.filter(isRefresh)).toHaveLength(1);
  });

  it('are dated anew by a token endpoint that refuses our time', async () => {
    const date = new Date(NOW - 3_600_000).toUTCString();
    const refusal = { error: 'invalid_dpop_proof' };
    let asked = 0;
    const { fetch, requests } = renewing(() => {
      asked += 1;
      return asked === 1
        ? Response.json(refusal, { status: 400, headers: { date } })
        : Response.json(granted);
    });
    const storage = await stored({ expiresAt: NOW });
    expect((await client({ token: { storage, refresh }, fetch }).fetch('/x')).status).toBe(200);
    const dates = requests.map(({ headers }) => claimsOf(headers.get('dpop')).iat);
    expect(dates).toEqual([NOW, NOW - 3_600_000, NOW - 3_600_000].map((at) => at / 1000));
  });

  it('are asked for without cookies, and nowhere in clear', async () => {
    const { fetch, requests } = renewing();
    await client({ token: { storage: await stored(), refresh }, fetch }).fetch('/x');
    const [asked] = requests.filter(isRefresh);
    expect(asked?.credentials).toBe('omit');
    expect(asked?.redirect).toBe('manual');
  });

  it('RFC 6749 §2.3.1: are refreshed with the secret of a confidential client', async () => {
    const { fetch, requests } = renewing();
    const secret = { ...refresh, clientId: 'a b', clientSecret: 'ü:+' };
    await client({ token: { storage: await stored(), refresh: secret }, fetch }).fetch('/x');
    const [asked] = requests.filter(isRefresh);
    const sent = asked?.headers.get('authorization')?.replace('Basic ', '') ?? '';
    expect(Buffer.from(sent, 'base64').toString()).toBe('a+b:%C3%BC%3A%2B');
    expect(await asked?.text()).toBe('grant_type=refresh_token&refresh_token=refresh-1');
  });

  it('RFC 6749 §4.4: are asked for by the client itself, once, and bound to one key', async () => {
    let count = 0;
    const { fetch, requests } = answering((request) => {
      if (!isRefresh(request)) return new Response('ok');
      count += 1;
      const token = { access_token: `own-${String(count)}`, token_type: 'DPoP', expires_in: 0 };
      return Response.json(token);
    });
    const clientCredentials = { ...refresh, scope: 'a b', clientSecret: 's' };
    const api = client({ token: { clientCredentials }, fetch });
    const answers = await Promise.all([api.fetch('/x'), api.fetch('/x')]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(count).toBe(1);
    expect(await requests[0]?.text()).toBe('grant_type=client_credentials&scope=a+b');
    await api.fetch('/x');
    expect(requests.at(-1)?.headers.get('authorization')).toBe('DPoP own-2');
    const jwks = requests.map(({ headers }) => {
      const [header = ''] = (headers.get('dpop') ?? '').split('.');
      return (JSON.parse(Buffer.from(header, 'base64url').toString()) as { jwk: object }).jwk;
    });
    expect(new Set(jwks.map((jwk) => JSON.stringify(jwk))).size).toBe(1);
  });

  it('are missed before anything is sent', async () => {
    const { fetch, requests } = answering(() => new Response('ok'));
    for (const token of [{ storage: new MemoryTokenStorage() }, { refresh }, {}]) {
      await expect(client({ token, fetch }).fetch('/x')).rejects.toBeInstanceOf(ClientError);
    }
    expect(requests).toEqual([]);
  });

  it('are bound to a key that nobody can read', async () => {
    const { privateKey } = await new WebCrypto().generateKeyPair();
    await expect(crypto.subtle.exportKey('jwk', privateKey)).rejects.toThrow();
  });
});
