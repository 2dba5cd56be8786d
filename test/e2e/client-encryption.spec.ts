import { generateKeyPairSync } from 'node:crypto';
import { Body, Controller, Get, Header, Post } from '@nestjs/common';
import {
  createClient,
  expectOk,
  WebCrypto,
  type CryptoKeyPair,
  type EncryptionOptions,
  type Fetch,
} from '@sallyport/client';
import {
  ApiKey,
  EncryptedBody,
  SallyportError,
  SignedRequest,
  SignedResponse,
} from '@sallyport/nest';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { issueKey, register } from '../support/cast.js';
import { withHeader } from '../support/encrypted-bodies.js';
import { portOf, PUBLIC_ORIGIN } from '../support/signed-requests.js';

let handled = 0;

@Controller()
class DocumentsController {
  @Post('documents') @SignedRequest() @EncryptedBody() @SignedResponse() post(
    @Body() body: object,
  ) {
    handled += 1;
    return { got: body };
  }
  @Get('documents')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @SignedRequest()
  @EncryptedBody({ request: false })
  @SignedResponse()
  get() {
    return 'grüezi';
  }
  @Get('missing') @SignedRequest() @EncryptedBody({ request: false }) @SignedResponse() missing() {
    throw new SallyportError('ERR_OBJECT_DENIED');
  }
  @Get('plain') @SignedRequest() @ApiKey() plain() {
    return { plain: true };
  }
}

const PLAINTEXT = { iban: 'CH93 0076 2011 6238 5295 7', name: 'Zoë' };
const post = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(PLAINTEXT),
};

describeOnAdapters('@sallyport/client and encrypted bodies', (start) => {
  let api: TestApi;
  let signature: { readonly keyId: string; readonly secret: string };
  let own: CryptoKeyPair;
  let sent: { readonly url: URL; readonly init: RequestInit }[];
  let answered: Response[];

  beforeEach(async () => {
    handled = 0;
    [sent, answered] = [[], []];
    api = await start({
      controllers: [DocumentsController],
      options: { encryptionKeys: true },
    });
    const crypto = new WebCrypto();
    own = await crypto.generateAgreementKeys();
    const enc = { ...(await crypto.exportPublicKey(own.publicKey)), kid: 'e1', use: 'enc' };
    const sig = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    const jwks = { keys: [{ ...sig, kid: 's1' }, enc] } as never;
    await register(api.app, 'shop', ['a:read'], { jwks });
    const { apiKey, signingSecret } = await issueKey(api.app, 'shop', { signing: true });
    signature = { keyId: apiKey.id, secret: signingSecret ?? '' };
  });

  /** Brings to the server what is meant for its public origin. */
  const bring: Fetch = async (url, init) => {
    sent.push({ url, init });
    const at = `http://127.0.0.1:${String(portOf(api))}${url.pathname}${url.search}`;
    const response = await fetch(at, init);
    answered.push(response.clone());
    return response;
  };
  const ways: Record<string, () => EncryptionOptions> = {
    'a key of the secret': () => ({}),
    'keys agreed upon': () => ({
      keyAgreement: { own: { kid: 'e1', privateKey: own.privateKey } },
    }),
  };
  const signedResponses = { keyOf: () => Promise.resolve(null) };
  const client = (encryptedBodies: EncryptionOptions, through: Fetch = bring) =>
    createClient({
      ...{ origin: PUBLIC_ORIGIN, signature, signedResponses, encryptedBodies },
      fetch: through,
    });
  const bodyOf = (at: number) =>
    Buffer.from((sent.at(at)?.init.body ?? '') as Uint8Array).toString();

  it.each(Object.keys(ways))(
    'go there and back under %s, and nobody else reads them [C8] [C48]',
    async (way) => {
      const both = client(ways[way]!());
      const response = await both.fetch('/documents', post).then(expectOk);
      expect(response.headers.get('content-type')).toBe('application/json');
      expect(await response.json()).toEqual({ got: PLAINTEXT });
      const wire = bodyOf(-1) + (await answered.at(-1)!.text());
      expect(wire).toMatch(/^(eyJ[\w-]*\.\.[\w-]+\.[\w-]+\.[\w-]+){2}$/);
      expect(wire).not.toContain('CH93');
      const text = await both.fetch('/documents').then(expectOk);
      expect([text.headers.get('content-type'), await text.text()]).toEqual([
        'text/plain; charset=utf-8',
        'grüezi',
      ]);
      expect(handled).toBe(1);
    },
  );

  it('ask for the published keys once, and never send them anything', async () => {
    const both = client(ways['keys agreed upon']!());
    await both.fetch('/documents', post);
    await both.fetch('/documents', post);
    expect(sent.map(({ url }) => url.pathname)).toEqual([
      '/.well-known/jwks.json',
      '/documents',
      '/documents',
    ]);
    expect([...new Headers(sent[0]?.init.headers)]).toEqual([]);
    expect(new Set([bodyOf(1), bodyOf(2)]).size).toBe(2);
  });

  it('take a refusal of the handler out of its envelope', async () => {
    const refused = client({}).fetch('/missing').then(expectOk);
    await expect(refused).rejects.toMatchObject({
      status: 404,
      type: 'urn:sallyport:problem:not-found',
    });
    expect(answered.at(-1)?.headers.get('content-type')).toBe('application/jose');
  });

  it('refuse an answer that is not encrypted, unless they do not ask for it', async () => {
    const call = client({ request: false }).fetch('/documents');
    await expect(call).resolves.toBeInstanceOf(Response);
    const plain: Fetch = () => Promise.resolve(Response.json({ plain: true }));
    const unsigned = (encryptedBodies: EncryptionOptions) =>
      createClient({ origin: PUBLIC_ORIGIN, signature, encryptedBodies, fetch: plain });
    await expect(unsigned({}).fetch('/plain')).rejects.toMatchObject({
      code: 'ERR_RESPONSE_ENCRYPTION',
    });
    expect(await (await unsigned({ response: false }).fetch('/plain')).json()).toEqual({
      plain: true,
    });
  });

  it.each<[string, (jwe: string) => string]>([
    ['another byte', (jwe) => `${jwe.slice(0, -4)}AAAA`],
    ['no tag', (jwe) => jwe.replace(/[^.]+$/, '')],
    ['a part less', (jwe) => jwe.replace('..', '.')],
    ['another kid', (jwe) => withHeader(jwe, { kid: 'k' })],
    ['another alg', (jwe) => withHeader(jwe, { alg: 'A256KW' })],
    ['another enc', (jwe) => withHeader(jwe, { enc: 'A128GCM' })],
    ['another cty', (jwe) => withHeader(jwe, { cty: 'text/html' })],
    ['zip', (jwe) => withHeader(jwe, { zip: 'DEF' })],
    ['nothing', () => ''],
    ['what the client had sent', () => bodyOf(-1)],
  ])('refuse an answer with %s', async (_what, tamper) => {
    for (const encryptedBodies of Object.values(ways).map((way) => way())) {
      const through: Fetch = async (url, init) => {
        const response = await bring(url, init);
        if (url.pathname !== '/documents') return response;
        const { status, headers } = response;
        const type = { 'content-type': headers.get('content-type') ?? '' };
        return new Response(tamper(await response.text()), { status, headers: type });
      };
      const both = createClient({
        ...{ origin: PUBLIC_ORIGIN, signature, encryptedBodies },
        fetch: through,
      });
      await expect(both.fetch('/documents', post)).rejects.toMatchObject({
        code: 'ERR_RESPONSE_ENCRYPTION',
      });
    }
  });

  it('refuse a stream, a key that cannot be derived from, and a server without keys', async () => {
    const stream = { method: 'POST', body: new ReadableStream(), duplex: 'half' } as RequestInit;
    await expect(client({}).fetch('/documents', stream)).rejects.toMatchObject({
      code: 'ERR_BODY_NOT_ENCRYPTABLE',
    });
    expect(() => createClient({ origin: PUBLIC_ORIGIN, encryptedBodies: {} })).toThrow(TypeError);
    const none = { keyAgreement: { jwks: () => Promise.resolve({ keys: [] }) } };
    await expect(client(none).fetch('/documents', post)).rejects.toThrow(TypeError);
    expect(sent).toEqual([]);
  });
});
