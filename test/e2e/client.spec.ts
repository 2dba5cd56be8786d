import { Controller, Get, Post } from '@nestjs/common';
import {
  createClient,
  expectOk,
  MemoryTokenStorage,
  WebCrypto,
  type Fetch,
} from '@sallyport/client';
import { SignedRequest, SignedResponse } from '@sallyport/nest';
import { fieldsOf, type RequestMessage } from '../../libs/sallyport/src/signatures/http-message.js';
import { signatureBase } from '../../libs/sallyport/src/signatures/signature-base.js';
import { readSignatures } from '../../libs/sallyport/src/signatures/signature-input.js';
import { isSignatureOf } from '../../libs/sallyport/src/signatures/signature-algorithms.js';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { issueKey, register } from '../support/cast.js';
import { matrix, startReferenceApi, type RunningApi } from '../support/reference-api.js';
import { hmacKey, portOf, PUBLIC_ORIGIN } from '../support/signed-requests.js';

let handled = 0;

@Controller()
class AnswersController {
  @Post('signed') @SignedRequest() @SignedResponse() signed() {
    handled += 1;
    return { answer: 42 };
  }
  @Get('unsigned') @SignedRequest() unsigned() {
    return 'hello';
  }
}

describeOnAdapters('@sallyport/client and signatures', (start) => {
  let api: TestApi;
  let signature: { readonly keyId: string; readonly secret: string };
  let sent: Request[];
  beforeEach(async () => {
    handled = 0;
    sent = [];
    api = await start({ controllers: [AnswersController] });
    await register(api.app, 'shop', ['a:read']);
    const { apiKey, signingSecret } = await issueKey(api.app, 'shop', { signing: true });
    signature = { keyId: apiKey.id, secret: signingSecret ?? '' };
  });

  /** Brings to the server what is meant for its public origin. */
  const bring: Fetch = (url, init) => {
    sent.push(new Request(url, init));
    return fetch(`http://127.0.0.1:${String(portOf(api))}${url.pathname}${url.search}`, init);
  };
  const signedResponses = { keyOf: () => Promise.resolve(null) };
  const client = (through: Fetch = bring) =>
    createClient({ origin: PUBLIC_ORIGIN, signature, signedResponses, fetch: through });
  const post = { method: 'POST', body: JSON.stringify({ a: 1 }) };

  it('sign and verify each other, on the same signature base', async () => {
    const response = await client().fetch('/signed?b=2', post);
    expect(await response.json()).toEqual({ answer: 42 });
    const [request] = sent;
    const headers = [...(request?.headers ?? [])];
    const value = (name: string) => request?.headers.get(name) ?? '';
    const [presented] = readSignatures(value('signature-input'), value('signature'));
    const fields = fieldsOf(headers.flat());
    const message: RequestMessage = {
      method: 'POST',
      scheme: 'https',
      authority: new URL(PUBLIC_ORIGIN).host,
      target: '/signed?b=2',
      fields,
    };
    const base = signatureBase(presented!.components, presented!.serialized, message);
    expect(isSignatureOf(base!, presented!.signature, hmacKey(signature.secret))).toBe(true);
  });

  it('are not replayed: what was sent once is refused', async () => {
    await client().fetch('/signed', post);
    const headers = sent[0]?.headers ?? new Headers();
    const again = await bring(new URL('/signed', PUBLIC_ORIGIN), { ...post, headers });
    expect([again.status, handled]).toEqual([401, 1]);
  });

  const tampering: Record<string, (response: Response, content: string) => Response> = {
    'another body': (response) => new Response('{"answer":43}', response),
    'another status': ({ headers }, content) => new Response(content, { status: 200, headers }),
    'no signature': ({ status, headers }, content) => {
      const rest = [...headers].filter(([name]) => !name.startsWith('signature'));
      return new Response(content, { status, headers: rest });
    },
    'another algorithm in it': ({ status, headers }, content) => {
      const lines = [...headers].map(([name, line]): [string, string] => [
        name,
        line.replace('alg="hmac-sha256"', 'alg="ed25519"'),
      ]);
      return new Response(content, { status, headers: lines });
    },
  };
  it.each(Object.keys(tampering))('refuse a signed answer with %s', async (name) => {
    const through: Fetch = async (url, init) => {
      const response = await bring(url, init);
      return tampering[name]!(response, await response.clone().text());
    };
    const call = client(through).fetch('/signed', post);
    await expect(call).rejects.toMatchObject({ code: 'ERR_RESPONSE_SIGNATURE' });
  });

  it('refuse the answer to another request', async () => {
    let first: Response | null = null;
    const through: Fetch = async (url, init) => {
      first ??= await bring(url, init);
      return first.clone();
    };
    const both = client(through);
    await both.fetch('/signed', post);
    const call = both.fetch('/signed', post);
    await expect(call).rejects.toMatchObject({ code: 'ERR_RESPONSE_SIGNATURE' });
  });

  it('refuse an answer that nobody signed', async () => {
    const call = client().fetch('/unsigned');
    await expect(call).rejects.toMatchObject({ code: 'ERR_RESPONSE_SIGNATURE' });
  });
});

describe.each(matrix)('@sallyport/client and the reference API, $name', ({ adapter, stores }) => {
  let api: RunningApi;
  beforeAll(async () => {
    api = await startReferenceApi(adapter, stores);
  });
  afterAll(() => api.close());

  it('lists invoices by API key, and tells problems by their type', async () => {
    const client = createClient({ origin: api.demo.api, apiKey: api.key('backoffice-web') });
    expect((await client.fetch('/v1/invoices').then(expectOk)).status).toBe(200);
    const stranger = createClient({ origin: api.demo.api, apiKey: 'nobody' });
    const refused = stranger.fetch('/v1/invoices').then(expectOk);
    const type = 'urn:sallyport:problem:invalid-token';
    await expect(refused).rejects.toMatchObject({ name: 'ProblemError', status: 401, type });
  });

  it('posts the invoices of a partner, signed', async () => {
    const key = api.demo.apiKeys.find(({ client_id: owner }) => owner === 'partner');
    const signature = { keyId: key?.id ?? '', secret: key?.signing_secret ?? '' };
    const client = createClient({ origin: api.demo.api, signature });
    const response = await client.fetch('/v1/partner/invoices', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ department: 'Sales', amountCents: 4200, currency: 'EUR' }),
    });
    expect(response.status).toBe(201);
  });

  it('carries a token that is bound to its key, and refreshes it once for many requests', async () => {
    const keys = await new WebCrypto().generateKeyPair();
    const tokens = await api.tokensBoundTo(keys, 'mobile-app', 'alice');
    const storage = new MemoryTokenStorage({ ...tokens, expiresAt: 1, dpopKeys: keys });
    let refreshes = 0;
    const refresh = { tokenEndpoint: `${api.demo.issuer}/token`, clientId: 'mobile-app' };
    const client = createClient({
      origin: api.demo.api,
      token: { storage, refresh },
      fetch: (url, init) => {
        if (url.href === refresh.tokenEndpoint) refreshes += 1;
        return fetch(url, init);
      },
    });
    const answers = await Promise.all([1, 2, 3, 4].map(() => client.fetch('/v1/me')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(refreshes).toBe(1);
    expect((await storage.read())?.accessToken).not.toBe(tokens.accessToken);
  });
});
