import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Body, Controller, Get, Post, Req, type INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  CurrentCaller,
  SignedRequest,
  SignedResponse,
  type Caller,
  type IssuedApiKey,
} from '@sallyport/nest';
import type { FastifyInstance } from 'fastify';
import { readSignInPage } from '../../apps/reference-api/src/tools/sign-in-page.js';
import { startApp, type TestApi } from '../support/adapters.js';
import { signedAsAws } from '../support/aws4-signing.js';
import {
  authorizationRequest,
  form,
  ISSUER,
  newVerifier,
  registerClient,
  REDIRECT_URI,
  startAuthorizationServer,
  TestUsers,
} from '../support/authorization-server.js';
import { hashOf } from '../support/bound-tokens.js';
import { issueKey, register } from '../support/cast.js';
import { makeCertificate, TestAuthority, type TestCertificate } from '../support/certificates.js';
import { ProofMaker } from '../support/dpop-proof.js';
import { callByHttp2, type Http2Call } from '../support/http2-call.js';
import type { Instance } from '../support/instances.js';
import { SERVER_NAME, tlsServer } from '../support/mutual-tls.js';
import { hmacKey, portOf, signed, type Plan, type Sent } from '../support/signed-requests.js';

let handled = 0;

@Controller()
class SignedController {
  @Post('signed') @SignedRequest() post(
    @CurrentCaller() { client }: Caller,
    @Body() body: unknown,
  ) {
    handled += 1;
    return { client: client.clientId, body };
  }
  @Get('signed') @SignedRequest() get(@CurrentCaller() { client }: Caller) {
    handled += 1;
    return { client: client.clientId };
  }
  @Post('answer') @SignedRequest() @SignedResponse() answer() {
    handled += 1;
    return { answer: 42 };
  }
  @Post('upload') @SignedRequest() async upload(@Req() { body }: { readonly body: Readable }) {
    handled += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk as Buffer);
    return { bytes: Buffer.concat(chunks).length };
  }
  @Post('aws4') @SignedRequest({ scheme: 'aws4-hmac-sha256' }) aws4() {
    handled += 1;
    return 'aws4';
  }
}

function takeStreams(app: INestApplication): void {
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  fastify.addContentTypeParser('application/octet-stream', (_request, payload, done) => {
    done(null, payload);
  });
}

const BODY = '{"amount":1}';
const USUAL = ['@method', '@authority', '@path', '@query', 'content-digest', 'content-type'];

describe('A signed request over HTTP/2, on Fastify', () => {
  let api: TestApi;
  let issued: IssuedApiKey;
  beforeEach(async () => {
    const settings = { controllers: [SignedController], prepare: takeStreams };
    api = await startApp(settings, new FastifyAdapter({ http2: true } as never));
    await register(api.app, 'shop', ['a:read']);
    issued = await issueKey(api.app, 'shop', { signedOnly: true });
    handled = 0;
  });
  afterEach(() => api.app.close());

  const transmit = ({ method, target, headers, body }: Sent, more: Partial<Http2Call> = {}) => {
    const lines: Record<string, string | string[]> = {};
    for (const [name, value] of headers) {
      const key = name.toLowerCase();
      // HTTP/2 has `:authority` for it.
      if (key === 'host') continue;
      lines[key] = key in lines ? [lines[key] ?? [], value].flat() : value;
    }
    const call = { method, path: target, headers: lines, body, ...more };
    return callByHttp2(`http://127.0.0.1:${String(portOf(api))}`, call);
  };
  const sign = (plan: Plan = {}) =>
    signed(hmacKey(issued.signingSecret), issued.apiKey.id, { body: BODY, ...plan });
  const refused = async (sent: Sent, more: Partial<Http2Call> = {}) => {
    const before = handled;
    const { status } = await transmit(sent, more);
    expect(handled).toBe(before);
    return [status, /ERR_[A-Z_]+/.exec(api.log.at(-1) ?? '')?.[0]];
  };

  it('is let in once, in one frame or in many [C46] [C47]', async () => {
    const sent = sign();
    const { status, text } = await transmit(sent);
    expect([status, JSON.parse(text)]).toEqual([201, { client: 'shop', body: { amount: 1 } }]);
    expect(await refused(sent)).toEqual([401, 'ERR_SIGNATURE_REPLAYED']);
    const long = JSON.stringify({ text: 'x'.repeat(60_000) });
    expect((await transmit(sign({ body: long }), { frames: 20 })).status).toBe(201);
    expect((await transmit(sign({ method: 'GET', body: '' }))).status).toBe(200);
  });

  it('is refused after anything of it was changed [C6]', async () => {
    const other = Buffer.from('{"amount":9}');
    expect(await refused({ ...sign(), body: other })).toEqual([401, 'ERR_SIGNATURE_INVALID']);
    expect(await refused({ ...sign(), target: '/signed?a=1' })).toEqual([
      401,
      'ERR_SIGNATURE_INVALID',
    ]);
    // No JSON any more: the parser refuses it before anyone asks for a signature.
    expect((await refused({ ...sign(), body: Buffer.alloc(0) }))[0]).toBe(400);
    const unsigned = { ...sign({ method: 'GET', body: '' }), body: other };
    expect(await refused(unsigned)).toEqual([401, 'ERR_SIGNATURE_INVALID']);
    const twice = sign();
    expect(
      await refused({ ...twice, headers: [...twice.headers, ...twice.headers.slice(-2)] }),
    ).toEqual([400, 'ERR_SIGNATURE_MALFORMED']);
  });

  it('names publicOrigin, whatever :authority says [T9]', async () => {
    expect((await transmit(sign(), { authority: 'evil.test' })).status).toBe(201);
    const lie = sign({ authority: 'evil.test' });
    expect(await refused(lie, { authority: 'evil.test' })).toEqual([401, 'ERR_SIGNATURE_INVALID']);
    const target = { cover: ['@method', '@target-uri', 'content-digest', 'content-type'] };
    expect((await transmit(sign(target), { authority: 'evil.test' })).status).toBe(201);
  });

  it('may cover a cookie, which goes out in crumbs (RFC 9113 §8.2.3)', async () => {
    const headers = [['Cookie', 'a=1; b=2']] as const;
    const cover = [...USUAL, 'cookie'];
    const crumbs = (value: readonly string[]) => {
      const { headers: lines, ...sent } = sign({ headers, cover });
      const rest = lines.filter(([name]) => name !== 'Cookie');
      return { ...sent, headers: [...rest, ...value.map((one) => ['cookie', one] as const)] };
    };
    expect((await transmit(crumbs(['a=1', 'b=2']))).status).toBe(201);
    expect(await refused(crumbs(['a=1', 'b=3']))).toEqual([401, 'ERR_SIGNATURE_INVALID']);
  });

  it('has a body that is kept where a handler reads it as a stream', async () => {
    const headers = [['Content-Type', 'application/octet-stream']] as const;
    const upload = (size: number) =>
      sign({ target: '/upload', body: Buffer.alloc(size, 7), headers });
    const { status, text } = await transmit(upload(300_000), { frames: 10 });
    expect([status, JSON.parse(text)]).toEqual([201, { bytes: 300_000 }]);
    const flipped = upload(300_000);
    flipped.body.writeUInt8(8, 200_000);
    expect(await refused(flipped, { frames: 10 })).toEqual([401, 'ERR_SIGNATURE_INVALID']);
    expect(await refused(upload(1_048_577))).toEqual([413, 'ERR_BODY_TOO_LARGE']);
  });

  it('gets a signed answer', async () => {
    const { status, headers, text } = await transmit(sign({ target: '/answer' }));
    expect([status, text]).toEqual([201, '{"answer":42}']);
    expect(headers['signature-input']).toContain('"@authority";req');
    const digest = createHash('sha256').update(text).digest('base64');
    expect(headers['content-digest']).toBe(`sha-256=:${digest}:`);
  });

  it('may be signed as AWS does', async () => {
    const sent = signedAsAws(issued.apiKey.id, issued.signingSecret, {
      target: '/aws4',
      body: BODY,
    });
    const changed = { ...sent, body: Buffer.from('{"amount":9}') };
    expect(await refused(changed)).toEqual([401, 'ERR_SIGNATURE_INVALID']);
    expect((await transmit(sent, { authority: 'evil.test' })).status).toBe(201);
    expect(await refused(sent)).toEqual([401, 'ERR_SIGNATURE_REPLAYED']);
  });
});

describe('The authorization server over HTTP/2 with TLS, on Fastify', () => {
  let authority: TestAuthority;
  let server: Instance;
  let self: TestCertificate;
  let other: TestCertificate;

  beforeAll(async () => {
    authority = await TestAuthority.create();
    const names = [{ type: 'dns', value: SERVER_NAME }] as const;
    const tls = tlsServer(await authority.issue({ names }), authority);
    const settings = { adapter: 'fastify', http2: true, tls, sallyport: { mtls: true } } as const;
    server = await startAuthorizationServer(settings);
    self = await makeCertificate({ subject: 'CN=self' });
    other = await makeCertificate({ subject: 'CN=other' });
    await registerClient(server, 'self', {
      grantTypes: ['client_credentials'],
      redirectUris: [],
      selfSignedCertificates: [self.cert],
      tlsClientCertificateBoundAccessTokens: true,
    });
  });
  afterAll(() => server.app.close());

  const call = (request: Http2Call, certificate?: TestCertificate) =>
    callByHttp2(server.url.replace('http:', 'https:'), request, {
      ...{ ca: [authority.cert], servername: SERVER_NAME },
      ...(certificate !== undefined && { cert: certificate.cert, key: certificate.key }),
    });
  const ask = (certificate?: TestCertificate) =>
    call(
      {
        method: 'POST',
        path: '/oauth/token',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: form({ grant_type: 'client_credentials', client_id: 'self' }).toString(),
      },
      certificate,
    );

  it.each([
    '/oauth/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server/oauth',
  ])('names in %s the issuer, whatever :authority says [T9]', async (path) => {
    const honest = await call({ path });
    const lying = await call({ path, authority: 'evil.test', headers: { host: 'evil.test' } });
    expect(lying.text).toBe(honest.text);
    expect(JSON.parse(lying.text)).toMatchObject({ token_endpoint: `${ISSUER}/token` });
    expect(lying.text).not.toContain('evil.test');
  });

  it('binds tokens to the certificate of the connection (RFC 8705 §3) [C93] [C103]', async () => {
    const { status, text } = await ask(self);
    expect(status).toBe(200);
    const { access_token: token } = JSON.parse(text) as { access_token: string };
    const probe = async (certificate?: TestCertificate, headers = {}) => {
      const authorization = `Bearer ${token}`;
      const sent = { path: '/probe', headers: { authorization, ...headers } };
      return (await call(sent, certificate)).status;
    };
    expect(await probe(self)).toBe(200);
    for (const certificate of [other, undefined]) {
      expect(await probe(certificate, { 'client-cert': self.header })).toBe(401);
      expect((await ask(certificate)).status).toBe(401);
    }
  });

  it('takes a DPoP proof for the public origin, and for no other [T9]', async () => {
    const key = await ProofMaker.create();
    const claims = { sub: 'self2', client_id: 'job', sub_type: undefined, roles: undefined };
    await registerClient(server, 'job', { grantTypes: ['client_credentials'], redirectUris: [] });
    const token = await server.token({ ...claims, sub: 'job', cnf: { jkt: key.jkt } });
    const use = async (htu: string) => {
      const dpop = await key.proof({ htm: 'GET', htu, ath: hashOf(token) });
      const headers = { authorization: `DPoP ${token}`, dpop };
      return (await call({ path: '/probe', authority: 'evil.test', headers })).status;
    };
    expect(await use('https://api.test/probe')).toBe(200);
    expect(await use('https://evil.test/probe')).toBe(401);
  });

  it('signs a user in, whose form comes from our page and from no other', async () => {
    const shop = await registerClient(server, 'shop');
    const parameters = authorizationRequest(shop, newVerifier());
    const query = form({ ...parameters, scope: 'openid' }).toString();
    const jar = new Map<string, string>();
    const open = async (target: string, fields?: Record<string, string>, origin?: string) => {
      const { pathname, search } = new URL(target, ISSUER);
      const answer = await call({
        path: pathname + search,
        headers: {
          // In crumbs, as browsers send them.
          ...(jar.size > 0 && { cookie: [...jar].map((pair) => pair.join('=')) }),
          ...(fields !== undefined && {
            'content-type': 'application/x-www-form-urlencoded',
            ...(origin !== undefined && { origin }),
          }),
        },
        ...(fields !== undefined && { method: 'POST', body: form(fields).toString() }),
      });
      for (const line of answer.headers['set-cookie'] ?? []) {
        const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=');
        if (value === '') jar.delete(name);
        else jar.set(name, value);
      }
      return { ...answer, location: answer.headers.location ?? '' };
    };
    const page = await open((await open(`/oauth/authorize?${query}`)).location);
    const { action = '', csrf = '' } = readSignInPage(page.text) ?? {};
    const fields = { csrf, username: 'alice', password: TestUsers.passwordOf('alice') };
    expect((await open(action, fields, 'https://evil.test')).status).toBe(403);
    const resumed = await open((await open(action, fields, 'https://api.test')).location);
    expect(resumed.location).toMatch(new RegExp(`^${REDIRECT_URI}\\?code=`));
  });
});
