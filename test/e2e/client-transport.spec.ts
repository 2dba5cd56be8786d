import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Post, Redirect } from '@nestjs/common';
import {
  createClient,
  MemoryTokenStorage,
  type ClientOptions,
  type CryptoKey,
  type Fetch,
} from '@sallyport/client';
import type { JWK } from 'jose';
import {
  Public,
  RateLimit,
  SignedRequest,
  SignedResponse,
  SigningKeyService,
} from '@sallyport/nest';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { clientWithKey, issueKey, register } from '../support/cast.js';
import { portOf, PUBLIC_ORIGIN } from '../support/signed-requests.js';

let handled = 0;
let elsewhere = 'http://127.0.0.1:1';

@Controller()
class TransportController {
  @Get('busy') @RateLimit({ limit: 1, windowSeconds: 1 }) busy() {
    handled += 1;
    return 'ok';
  }
  @Post('busy') @RateLimit({ limit: 1, windowSeconds: 1 }) write() {
    handled += 1;
    return 'ok';
  }
  @Get('busy/long') @RateLimit({ limit: 1, windowSeconds: 3600 }) long() {
    return 'ok';
  }
  @Public() @Get('moved') @Redirect() moved() {
    return { url: `${elsewhere}/stolen`, statusCode: 307 };
  }
  @Public() @Post('oauth/token') @Redirect() movedToken() {
    return { url: `${elsewhere}/stolen`, statusCode: 308 };
  }
  @Get('signed') @SignedRequest() @SignedResponse() signed() {
    return 'hello';
  }
  @Get('answer') @SignedResponse() answer() {
    return 'hello';
  }
}

describeOnAdapters('@sallyport/client over HTTP', (start) => {
  let api: TestApi;
  let apiKey: string;
  let other: Server;
  let seenElsewhere: string[];
  beforeEach(async () => {
    handled = 0;
    seenElsewhere = [];
    other = createServer((request, response) => {
      seenElsewhere.push(request.url ?? '');
      response.end('thanks');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    elsewhere = `http://127.0.0.1:${String((other.address() as AddressInfo).port)}`;
    api = await start({ controllers: [TransportController] });
    apiKey = await clientWithKey(api.app, 'shop', ['a:read']);
  });
  afterEach(() => {
    other.closeAllConnections();
    other.close();
  });

  let sent: string[];
  /** Brings to the server what is meant for its public origin. */
  const bring: Fetch = async (url, init) => {
    const own = `http://127.0.0.1:${String(portOf(api))}`;
    const response = await fetch(url.href.replace(PUBLIC_ORIGIN, own), init);
    sent.push(`${init.method ?? ''} ${String(response.status)}`);
    return response;
  };
  const client = (options: Partial<ClientOptions>) => {
    sent = [];
    return createClient({ origin: PUBLIC_ORIGIN, fetch: bring, ...options });
  };

  it.each(['GET', 'POST'])(
    'waits for a limit as it is told, and is let in then: %s',
    async (method) => {
      const { fetch: call } = client({ apiKey });
      expect((await call('/busy', { method })).ok).toBe(true);
      const began = performance.now();
      expect((await call('/busy', { method })).ok).toBe(true);
      expect(performance.now() - began).toBeGreaterThan(500);
      expect(sent.filter((line) => line.endsWith('429'))).not.toEqual([]);
      expect(handled).toBe(2);
    },
  );

  it('gives the answer to the caller when the wait would be long', async () => {
    const { fetch: call } = client({ apiKey });
    await call('/busy/long');
    const answer = await call('/busy/long');
    expect([answer.status, Number(answer.headers.get('retry-after')) > 10]).toEqual([429, true]);
    expect(sent).toEqual(['GET 200', 'GET 429']);
  });

  it('carries nothing to where it is redirected', async () => {
    const call = client({ apiKey }).fetch('/moved');
    await expect(call).rejects.toMatchObject({ code: 'ERR_REDIRECTED' });
    const storage = new MemoryTokenStorage({
      ...{ accessToken: 'a', refreshToken: 'r', expiresAt: 1, dpopKeys: null },
    });
    const refresh = { tokenEndpoint: `${PUBLIC_ORIGIN}/oauth/token`, clientId: 'app' };
    const refreshing = client({ token: { storage, refresh } }).fetch('/busy');
    await expect(refreshing).rejects.toMatchObject({ code: 'ERR_REDIRECTED' });
    expect(seenElsewhere).toEqual([]);
    // It would have arrived.
    await bring(new URL('/moved', PUBLIC_ORIGIN), {});
    expect(seenElsewhere).toEqual(['/stolen']);
  });

  /** As a caller finds it at `/.well-known/jwks.json`. */
  const published = async (keyId: string) => {
    const response = await bring(new URL('/.well-known/jwks.json', PUBLIC_ORIGIN), {});
    const { keys } = (await response.json()) as { keys: JWK[] };
    const jwk = keys.find(({ kid }) => kid === keyId);
    if (jwk === undefined) return null;
    const curve = { name: 'ECDSA', namedCurve: 'P-256' };
    const key: CryptoKey = await crypto.subtle.importKey('jwk', jwk, curve, false, ['verify']);
    return { keyId, algorithm: 'ecdsa-p256-sha256', key } as const;
  };

  it('believes an answer that the published key of the API signs, and no other', async () => {
    const wanted: string[] = [];
    const keyOf = (keyId: string) => {
      wanted.push(keyId);
      return published(keyId);
    };
    const api2 = client({ apiKey, signedResponses: { keyOf } });
    expect(await (await api2.fetch('/answer')).text()).toBe('hello');
    const { kid } = await api.app.get(SigningKeyService).activeKey();
    expect(wanted).toEqual([kid]);

    const { publicKey } = await crypto.subtle.generateKey(
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign', 'verify'],
    );
    const forged = { keyId: kid, algorithm: 'ecdsa-p256-sha256', key: publicKey } as const;
    for (const key of [forged, null]) {
      const signedResponses = { keyOf: () => Promise.resolve(key) };
      const call = client({ apiKey, signedResponses }).fetch('/answer');
      await expect(call).rejects.toMatchObject({ code: 'ERR_RESPONSE_SIGNATURE' });
    }
  });

  it('knows its own secret, and asks nobody for it', async () => {
    await register(api.app, 'partner', ['a:read']);
    const { apiKey: key, signingSecret } = await issueKey(api.app, 'partner', { signing: true });
    const signature = { keyId: key.id, secret: signingSecret ?? '' };
    const keyOf = () => Promise.reject(new Error('asked'));
    const signing = client({ signature, signedResponses: { keyOf } });
    expect(await (await signing.fetch('/signed')).text()).toBe('hello');
  });
});

describe('What @sallyport/client was refused', () => {
  it('keeps no connection open', async () => {
    let count = 0;
    const server = createServer((_request, response) => {
      count += 1;
      const isRefused = count % 2 === 1;
      response.writeHead(isRefused ? 429 : 200, { 'retry-after': '0' });
      response.end(isRefused ? Buffer.alloc(4_000_000) : 'ok');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const { fetch: call } = createClient({ origin, apiKey: 'k' });
    for (let n = 0; n < 15; n += 1) expect(await (await call('/')).text()).toBe('ok');
    const open = await new Promise<number>((resolve) => {
      server.getConnections((_error, connections) => resolve(connections));
    });
    server.closeAllConnections();
    server.close();
    expect(count).toBe(30);
    expect(open).toBeLessThan(5);
  });
});
