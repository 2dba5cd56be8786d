import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { Body, Controller, Get, Post, Req, UseGuards, type INestApplication } from '@nestjs/common';
import {
  ApiKey,
  ApiKeyService,
  AuthenticationGuard,
  Authenticator,
  CurrentCaller,
  ReplayStore,
  SallyportError,
  SallyportModule,
  SignedRequest,
  type Caller,
  type IssuedApiKey,
} from '@sallyport/nest';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { FastifyInstance } from 'fastify';
import {
  rawRequest,
  type AdapterRequest,
} from '../../libs/sallyport/src/request/adapter-request.js';
import { ReceivedBody } from '../../libs/sallyport/src/request/received-body.js';
import { AUDIENCE, describeOnAdapters, OWN_ISSUER, type TestApi } from '../support/adapters.js';
import { BY, issueKey, register } from '../support/cast.js';
import { ownToken } from '../support/own-tokens.js';
import {
  call,
  hmacKey,
  portOf,
  signed,
  transmit,
  type Plan,
  type Sent,
} from '../support/signed-requests.js';

let handled = 0;

const who = ({ client, user, credentials }: Caller, body: unknown) => {
  handled += 1;
  const kinds = credentials.map(({ kind, isSigned }) => (isSigned ? `${kind}, signed` : kind));
  return { client: client.clientId, user: user?.subject ?? null, kinds, body: body ?? null };
};

@Controller()
class SignedController {
  @Post('signed') @SignedRequest() post(@CurrentCaller() caller: Caller, @Body() body: unknown) {
    return who(caller, body);
  }
  @Get('signed') @SignedRequest() get(@CurrentCaller() caller: Caller) {
    return who(caller, null);
  }
  @Post('key') @ApiKey() key(@CurrentCaller() caller: Caller) {
    return who(caller, null);
  }
  @Post('anyone') anyone(@CurrentCaller() caller: Caller) {
    return who(caller, null);
  }
  @Post('kept') kept(@CurrentCaller() caller: Caller, @Req() request: AdapterRequest) {
    return who(caller, ReceivedBody.of(rawRequest(request)) !== null);
  }
  @Post('signed/kept') @SignedRequest() signedKept(
    @CurrentCaller() caller: Caller,
    @Req() request: AdapterRequest,
  ) {
    return this.kept(caller, request);
  }
  @Post('strict')
  @SignedRequest({ components: ['idempotency-key'], maxAgeSeconds: 10, tag: 'invoices' })
  strict(@CurrentCaller() caller: Caller) {
    return who(caller, null);
  }
  @Post('twice') @SignedRequest() @UseGuards(AuthenticationGuard) twice(
    @CurrentCaller() caller: Caller,
  ) {
    return who(caller, null);
  }
  @Get('report') @SignedRequest() report() {
    return 'report';
  }
  @Post('upload') @SignedRequest() async upload(
    @Req() request: AsyncIterable<Buffer> & { readonly body?: unknown },
  ) {
    handled += 1;
    const { body } = request;
    const stream = body instanceof Readable ? (body as AsyncIterable<Buffer>) : request;
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    return { bytes: Buffer.concat(chunks).length };
  }
}

/** Fastify refuses what it has no parser for; Express leaves it to the handler. */
function takeStreams(app: INestApplication): void {
  const adapter = app.getHttpAdapter();
  if (adapter.getType() !== 'fastify') return;
  const fastify = adapter.getInstance() as unknown as FastifyInstance;
  fastify.addContentTypeParser('application/octet-stream', (_request, payload, done) => {
    done(null, payload);
  });
}

const BODY = '{"amount":1}';
const replace =
  (name: string, value: (old: string) => string | null) =>
  (sent: Sent): Sent => ({
    ...sent,
    headers: sent.headers.flatMap((line) => {
      if (line[0] !== name) return [line];
      const replaced = value(line[1]);
      return replaced === null ? [] : [[name, replaced] as const];
    }),
  });
const seconds = () => Math.floor(Date.now() / 1000);

describeOnAdapters('A signed request', (start) => {
  let api: TestApi;
  let issued: IssuedApiKey;
  const post = (plan: Plan = {}, by = issued) =>
    call(api, hmacKey(by.signingSecret), by.apiKey.id, { body: BODY, ...plan });
  const refused = async (plan: Plan, by = issued) => {
    handled = 0;
    const answer = await post(plan, by);
    expect(handled).toBe(0);
    return answer;
  };
  const lastCode = () => /ERR_[A-Z_]+/.exec(api.log.at(-1) ?? '')?.[0];

  beforeEach(async () => {
    api = await start({ controllers: [SignedController], prepare: takeStreams });
    await register(api.app, 'shop', ['a:read']);
    issued = await issueKey(api.app, 'shop', { signedOnly: true });
    handled = 0;
  });

  it('is let in by the signing secret of an API key that never travels [C7] [C46]', async () => {
    const { status, body } = await post();
    expect(body).toEqual({
      client: 'shop',
      user: null,
      kinds: ['api-key, signed'],
      body: { amount: 1 },
    });
    expect(status).toBe(201);
    expect(
      (await call(api, hmacKey(issued.signingSecret), issued.apiKey.id, { method: 'GET' })).status,
    ).toBe(200);
  });

  it('stands for the API key where one is demanded, or anyone [C46]', async () => {
    expect((await post({ target: '/key' })).body).toMatchObject({ client: 'shop' });
    expect((await post({ target: '/anyone?a=b' })).body).toMatchObject({ client: 'shop' });
  });

  it('says nothing beside what is sent, right or wrong, where none is demanded; then no body is kept', async () => {
    const { plaintext } = await issueKey(api.app, 'shop', { signing: true });
    const token = await ownToken(api.app, { clientId: 'shop' });
    const wrong = replace('Signature', () => 'sig1=:AAAA:');
    const unreadable = replace('Signature-Input', () => 'x');
    for (const line of [
      ['X-API-Key', plaintext],
      ['Authorization', `Bearer ${token}`],
    ] as const) {
      for (const tamper of [wrong, unreadable, (sent: Sent) => sent]) {
        const answer = await post({ target: '/kept', headers: [line], tamper });
        expect([answer.status, answer.body]).toEqual([
          201,
          expect.objectContaining({ kinds: [expect.not.stringContaining('signed')], body: false }),
        ]);
        if (tamper !== wrong && tamper !== unreadable) continue;
        const { status } = await refused({ target: '/signed', headers: [line], tamper });
        expect([400, 401]).toContain(status);
      }
    }
    expect((await post({ target: '/signed/kept' })).body).toMatchObject({ body: true });
    expect((await post({ target: '/kept' })).body).toMatchObject({ body: true });
  });

  it('is refused when it comes again, and the first time when the body was not its own [C5] [C47]', async () => {
    const port = portOf(api);
    const sent = signed(hmacKey(issued.signingSecret), issued.apiKey.id, { body: BODY });
    const flipped = await transmit(port, { ...sent, body: Buffer.from('{"amount":9}') });
    expect(flipped.status).toBe(401);
    expect(lastCode()).toBe('ERR_SIGNATURE_INVALID');
    expect(handled).toBe(0);
    expect((await transmit(port, sent)).status).toBe(201);
    const again = await transmit(port, sent);
    expect(again.status).toBe(401);
    expect(lastCode()).toBe('ERR_SIGNATURE_REPLAYED');
    expect(handled).toBe(1);
  });

  it('says in Accept-Signature what is wanted of one that came without it', async () => {
    const answer = await api.send('POST', '/signed', {}, { amount: 1 });
    expect(answer.status).toBe(401);
    expect(answer.headers['accept-signature']).toMatch(
      /^sig=\("@method" "@authority" "@path" "@query" "content-digest" "content-type"\);created;nonce="[\w-]{22}"$/,
    );
    expect(answer.headers['www-authenticate']).toContain('Bearer');
    expect(lastCode()).toBe('ERR_SIGNATURE_REQUIRED');
    expect(handled).toBe(0);
    expect((await api.get('/signed')).headers['accept-signature']).toContain(
      'sig=("@method" "@authority" "@path" "@query");created;nonce=',
    );
  });

  it.each(['@method', '@authority', '@path', '@query', 'content-digest', 'content-type'])(
    'must cover %s',
    async (left) => {
      const all = ['@method', '@authority', '@path', '@query', 'content-digest', 'content-type'];
      const answer = await refused({ cover: all.filter((name) => name !== left) });
      expect(answer.status).toBe(401);
      expect(answer.headers['accept-signature']).toContain(`"${left}"`);
      expect(lastCode()).toBe('ERR_SIGNATURE_INCOMPLETE');
    },
  );

  it('may cover the whole target instead of its parts', async () => {
    const cover = ['@method', '@target-uri', 'content-digest', 'content-type'];
    expect((await post({ cover })).status).toBe(201);
    const parts = ['@method', '@authority', '@request-target', 'content-digest', 'content-type'];
    expect((await post({ cover: parts })).status).toBe(201);
  });

  it.each<[string, (sent: Sent) => Sent]>([
    ['method', (sent) => ({ ...sent, method: 'GET', body: Buffer.alloc(0) })],
    ['path', (sent) => ({ ...sent, target: '/key' })],
    ['query', (sent) => ({ ...sent, target: '/signed?a=1' })],
    ['content type', replace('Content-Type', (type) => `${type}; charset=utf-8`)],
    ['digest', replace('Content-Digest', (digest) => digest.replace('sha-256', 'sha-512'))],
    ['covered field', replace('Content-Digest', () => null)],
    ['body, cut', (sent) => ({ ...sent, body: sent.body.subarray(0, -1) })],
    ['body, spelt otherwise', (sent) => ({ ...sent, body: Buffer.from('{"amount": 1}') })],
    ['body, gone', (sent) => ({ ...sent, body: Buffer.alloc(0) })],
    ['nonce', replace('Signature-Input', (input) => input.replace('nonce="', 'nonce="x'))],
    [
      'time',
      replace('Signature-Input', (input) =>
        input.replace(/created=\d+/, `created=${seconds() + 1}`),
      ),
    ],
    ['algorithm', replace('Signature-Input', (input) => input.replace('hmac-sha256', 'ed25519'))],
    ['keyid', replace('Signature-Input', (input) => input.replace(/keyid="./, 'keyid="-'))],
    ['signature', replace('Signature', (value) => `${value.slice(0, 8)}AAAA${value.slice(12)}`)],
  ])('is refused after its %s was changed [C6]', async (_what, tamper) => {
    const answer = await refused({ tamper });
    expect([400, 401]).toContain(answer.status);
    // What is no JSON any more the parser refuses before anyone asks for a signature.
    expect(lastCode() ?? 'ERR_SIGNATURE_').toMatch(/^ERR_(SIGNATURE|CREDENTIAL)_/);
  });

  it.each<[string, Plan]>([
    ['made an hour ago', { parameters: { created: seconds() - 3600 } }],
    ['from in an hour', { parameters: { created: seconds() + 3600 } }],
    ['that has expired', { parameters: { expires: seconds() - 600 } }],
  ])('is refused when it is %s [C47]', async (_when, plan) => {
    expect((await refused(plan)).status).toBe(401);
    expect(lastCode()).toBe('ERR_SIGNATURE_EXPIRED');
  });

  it.each(['created', 'nonce', 'keyid'] as const)('is refused without %s', async (left) => {
    const answer = await refused({ parameters: { [left]: null } });
    expect(answer.status).toBe(401);
    expect(lastCode()).toBe('ERR_SIGNATURE_INCOMPLETE');
  });

  it.each<[string, (sent: Sent) => Sent]>([
    ['Signature alone', replace('Signature-Input', () => null)],
    ['Signature-Input alone', replace('Signature', () => null)],
    ['no structured field', replace('Signature-Input', () => 'sig1=("@method"')],
    ['an empty one', replace('Signature-Input', () => '')],
    ['garbage', replace('Signature', () => 'sig1=:%%%:')],
    ['one label twice', replace('Signature-Input', (input) => `${input}, ${input}`)],
    [
      'a parameter that nobody knows',
      replace('Signature-Input', (input) => `${input};color="red"`),
    ],
    [
      'something huge',
      replace('Signature-Input', (input) => `${input};nonce="${'n'.repeat(9000)}"`),
    ],
    [
      'two lines of it',
      (sent) => ({
        ...sent,
        headers: [...sent.headers, ...sent.headers.filter(([name]) => name.startsWith('Sig'))],
      }),
    ],
    [
      'two that could be meant',
      (sent) =>
        replace(
          'Signature-Input',
          (input) => `${input}, b=()`,
        )(replace('Signature', (value) => `${value}, b=:AAAA:`)(sent)),
    ],
  ])('cannot be read: %s', async (_what, tamper) => {
    const answer = await refused({ tamper });
    expect(answer.status).toBe(400);
    expect(lastCode()).toBe('ERR_SIGNATURE_MALFORMED');
    expect(api.log.join()).not.toContain('color');
  });

  it('is refused under the key of another client, or of nobody, or one without a secret', async () => {
    await register(api.app, 'other', ['a:read']);
    const other = await issueKey(api.app, 'other', { signedOnly: true });
    const mixed = { ...issued, signingSecret: other.signingSecret };
    expect((await refused({}, mixed)).status).toBe(401);
    expect(lastCode()).toBe('ERR_SIGNATURE_INVALID');
    const plain = await issueKey(api.app, 'shop');
    expect((await refused({}, { ...plain, signingSecret: issued.signingSecret })).status).toBe(401);
    const nobody = { ...issued, apiKey: { ...issued.apiKey, id: 'A'.repeat(16) } };
    expect((await refused({}, nobody)).status).toBe(401);
    expect((await refused({ parameters: { keyid: "../'\n".replace('\n', '') } })).status).toBe(401);
  });

  it('is refused once the key is revoked, and from an address that is not on its list', async () => {
    const elsewhere = await issueKey(api.app, 'shop', {
      signing: true,
      addressRanges: ['192.0.2.0/24'],
    });
    expect((await refused({}, elsewhere)).status).toBe(401);
    expect(lastCode()).toBe('ERR_CREDENTIAL_ADDRESS');
    await api.app.get(ApiKeyService).revoke(issued.apiKey.id, BY);
    expect((await refused({})).status).toBe(401);
    expect(lastCode()).toBe('ERR_CREDENTIAL_REVOKED');
  });

  it('goes on under the old secret for the overlap after a rotation, and under the new one [C28]', async () => {
    const next = await api.app.get(ApiKeyService).rotate(issued.apiKey.id, BY);
    expect((await post()).status).toBe(201);
    expect((await post({}, next)).status).toBe(201);
    const mixed = { ...next, signingSecret: issued.signingSecret };
    expect((await refused({}, mixed)).status).toBe(401);
  });

  it('is the only way for a signedOnly key: its text is refused', async () => {
    const answer = await api.send('POST', '/key', { 'X-API-Key': issued.plaintext });
    expect(answer.status).toBe(401);
    expect(lastCode()).toBe('ERR_CREDENTIAL_SIGNED_ONLY');
    const text = await issueKey(api.app, 'shop', { signing: true });
    expect((await api.send('POST', '/key', { 'X-API-Key': text.plaintext })).status).toBe(201);
    handled = 0;
    expect((await api.send('POST', '/signed', { 'X-API-Key': text.plaintext })).status).toBe(401);
    expect(lastCode()).toBe('ERR_SIGNATURE_REQUIRED');
    expect(handled).toBe(0);
  });

  it('binds the token of a user to the app: it must cover Authorization [C58]', async () => {
    const token = await ownToken(api.app, { clientId: 'shop', user: 'alice', scope: 'a:read' });
    const headers = [['Authorization', `Bearer ${token}`]] as const;
    const { body } = await post({ headers });
    expect(body).toMatchObject({ client: 'shop', user: 'alice' });
    handled = 0;
    const cover = ['@method', '@authority', '@path', '@query', 'content-digest', 'content-type'];
    const loose = await refused({ headers, cover });
    expect(loose.status).toBe(401);
    expect(loose.headers['accept-signature']).toContain('"authorization"');
    const added = (sent: Sent) => ({ ...sent, headers: [...sent.headers, ...headers] });
    expect((await refused({ tamper: added })).status).toBe(401);
    expect((await post({ target: '/key', headers })).body).toMatchObject({ user: 'alice' });
  });

  it('must cover what the route demands besides, with its tag and in its time', async () => {
    const cover = ['@method', '@target-uri', 'content-digest', 'content-type', 'idempotency-key'];
    const headers = [['Idempotency-Key', '"1"']] as const;
    const strict = { target: '/strict', headers, cover, parameters: { tag: 'invoices' } };
    expect((await post(strict)).status).toBe(201);
    handled = 0;
    expect((await refused({ ...strict, cover: cover.slice(0, -1) })).status).toBe(401);
    const untagged = await refused({ ...strict, parameters: {} });
    expect(untagged.status).toBe(401);
    expect(untagged.headers['accept-signature']).toContain('"idempotency-key")');
    expect(untagged.headers['accept-signature']).toContain(';tag="invoices"');
    const created = seconds() - 200;
    expect((await refused({ ...strict, parameters: { tag: 'invoices', created } })).status).toBe(
      401,
    );
  });

  it('is of the bytes as they came: in chunks, compressed, or read by the handler as a stream', async () => {
    const text = JSON.stringify({ text: 'x'.repeat(60_000) });
    expect((await post({ body: text, chunkBytes: 1000 })).status).toBe(201);
    const compressed = gzipSync(randomBytes(300_000));
    const upload: Plan = {
      target: '/upload',
      body: compressed,
      headers: [
        ['Content-Type', 'application/octet-stream'],
        ['Content-Encoding', 'gzip'],
      ],
    };
    expect((await post(upload)).body).toEqual({ bytes: compressed.length });
    expect((await post({ ...upload, chunkBytes: 50_000 })).body).toEqual({
      bytes: compressed.length,
    });
    const flip = (sent: Sent): Sent => {
      const body = Buffer.from(sent.body);
      body.writeUInt8(body.readUInt8(200_000) ^ 1, 200_000);
      return { ...sent, body };
    };
    expect((await refused({ ...upload, tamper: flip, chunkBytes: 50_000 })).status).toBe(401);
    expect(lastCode()).toBe('ERR_SIGNATURE_INVALID');
  });

  it('is of bytes that are read as they were meant: their encoding is covered too', async () => {
    const usual = ['@method', '@authority', '@path', '@query', 'content-digest', 'content-type'];
    const upload: Plan = {
      target: '/upload',
      body: gzipSync('text'),
      headers: [['Content-Type', 'application/octet-stream']],
      cover: usual,
    };
    const gzip = ['Content-Encoding', 'gzip'] as const;
    const add = (sent: Sent): Sent => ({ ...sent, headers: [...sent.headers, gzip] });
    const added = await refused({ ...upload, tamper: add });
    expect(added.status).toBe(401);
    expect(added.headers['accept-signature']).toContain('"content-encoding"');
    expect(lastCode()).toBe('ERR_SIGNATURE_INCOMPLETE');
    const packed: Plan = {
      ...upload,
      headers: [['Content-Type', 'application/octet-stream'], gzip],
      cover: [...usual, 'content-encoding'],
    };
    expect((await post(packed)).status).toBe(201);
    handled = 0;
    const taken = await refused({ ...packed, tamper: replace('Content-Encoding', () => null) });
    expect(taken.status).toBe(401);
    expect(lastCode()).toBe('ERR_SIGNATURE_INVALID');
  });

  it('has a body that is not too large, whoever would read it', async () => {
    const headers = [['Content-Type', 'application/octet-stream']] as const;
    const body = Buffer.alloc(1_048_577);
    const answer = await refused({ target: '/upload', body, headers });
    expect(answer.status).toBe(413);
    expect(answer.body).toMatchObject({ detail: 'A signed body may have 1048576 bytes.' });
    expect((await post({ target: '/upload', body: body.subarray(1), headers })).status).toBe(201);
  });

  it('names the origin of the audience, whatever Host says, and no other [T9]', async () => {
    for (const host of ['evil.example', `127.0.0.1:${portOf(api)}`, 'API.TEST:8080']) {
      expect((await post({ tamper: replace('Host', () => host) })).status).toBe(201);
    }
    const another = ['Host', 'evil.example'] as const;
    const twice = (sent: Sent) => ({ ...sent, headers: [...sent.headers, another] });
    expect((await post({ tamper: twice })).status).toBe(201);
    // Neither what Host says, nor the scheme that the connection has.
    handled = 0;
    const whole = { cover: ['@method', '@target-uri', 'content-digest', 'content-type'] };
    const wrong: Plan[] = [
      { authority: `127.0.0.1:${portOf(api)}` },
      { authority: 'evil.example' },
      { authority: 'api.test:8443' },
      { ...whole, authority: 'evil.example' },
      { ...whole, scheme: 'http' },
    ];
    for (const plan of wrong) {
      expect((await refused(plan)).status).toBe(401);
      expect(lastCode()).toBe('ERR_SIGNATURE_INVALID');
    }
  });

  it('names the origin of the issuer where the audience is no URL [T9]', async () => {
    const options = { audience: 'invoices', issuer: 'https://id.example.com/oauth' };
    api = await start({ controllers: [SignedController], options });
    await register(api.app, 'shop', ['a:read']);
    issued = await issueKey(api.app, 'shop', { signedOnly: true });
    expect((await post({ authority: 'id.example.com' })).status).toBe(201);
    expect((await refused({ authority: `127.0.0.1:${portOf(api)}` })).status).toBe(401);
  });

  it('names publicOrigin behind a proxy, and nothing that the proxy says [T9]', async () => {
    const publicOrigin = 'https://api.example.com';
    const options = { publicOrigin, trustedProxies: ['127.0.0.1'] };
    api = await start({ controllers: [SignedController], options });
    await register(api.app, 'shop', ['a:read']);
    issued = await issueKey(api.app, 'shop', { signedOnly: true });
    const headers = [
      ['X-Forwarded-Host', 'evil.example'],
      ['X-Forwarded-Proto', 'http'],
    ] as const;
    const meant = { authority: 'api.example.com', headers } as const;
    const sentOn = replace('Host', () => 'backend.internal:3000');
    expect((await post({ ...meant, tamper: sentOn })).status).toBe(201);
    const target = { cover: ['@method', '@target-uri', 'content-digest', 'content-type'] };
    expect((await post({ ...meant, ...target })).status).toBe(201);
    expect((await refused({ headers })).status).toBe(401);
    expect((await refused({ ...meant, ...target, scheme: 'http' })).status).toBe(401);
    expect((await refused({ ...meant, authority: 'evil.example' })).status).toBe(401);
    expect((await refused({ authority: 'backend.internal:3000' })).status).toBe(401);
  });

  it('is refused while nobody can say whether it came before [T11]', async () => {
    class Broken extends ReplayStore {
      claim(): Promise<boolean> {
        return Promise.reject(
          new SallyportError('ERR_STORE_UNAVAILABLE', { retryAfterSeconds: 1 }),
        );
      }
    }
    api = await start({
      controllers: [SignedController],
      override: (builder) => builder.overrideProvider(ReplayStore).useValue(new Broken()),
    });
    await register(api.app, 'shop', ['a:read']);
    issued = await issueKey(api.app, 'shop', { signedOnly: true });
    expect((await refused({})).status).toBe(503);
  });

  it('is verified once, however often the guard is bound', async () => {
    expect((await post({ target: '/twice' })).status).toBe(201);
  });

  it('that was asked for by somebody who demanded less is not good enough any more', async () => {
    const askFirst = (app: INestApplication) => {
      const ask = async (request: object): Promise<void> => {
        await app.get(Authenticator).authenticate(request as AdapterRequest);
      };
      if (app.getHttpAdapter().getType() === 'fastify') {
        const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
        fastify.addHook('preHandler', (request) => ask(request));
      } else {
        app.use((request: object, _response: unknown, next: (error?: unknown) => void) => {
          ask(request).then(() => next(), next);
        });
      }
    };
    api = await start({ controllers: [SignedController], prepare: askFirst });
    await register(api.app, 'shop', ['a:read']);
    issued = await issueKey(api.app, 'shop', { signedOnly: true });
    const headers = [['Idempotency-Key', '"1"']] as const;
    expect((await post({ target: '/anyone', headers })).status).toBe(201);
    const answer = await refused({ target: '/strict', headers });
    expect(answer.status).toBe(401);
    expect(lastCode()).toBe('ERR_SIGNATURE_REQUIRED');
  });

  it('names its target by path alone: an absolute one would name another host', async () => {
    expect((await refused({ target: 'http://evil.example/signed' })).status).toBe(400);
    expect((await refused({ target: 'https://api.test/signed' })).status).toBe(400);
  });

  it('is only missed in the log while an app moves in', async () => {
    api = await start({ controllers: [SignedController], options: { enforce: 'report' } });
    expect((await api.get('/report')).status).toBe(200);
    expect(api.log.join()).toContain(
      'would refuse SignedController.report: ERR_SIGNATURE_REQUIRED',
    );
  });

  it('of GET with a body is refused: nobody would read it', async () => {
    expect((await refused({ method: 'GET' })).status).toBe(401);
  });
});

describe('A signed request that is injected into Fastify', () => {
  it('is let in as one over a connection', async () => {
    const module = await Test.createTestingModule({
      controllers: [SignedController],
      imports: [
        SallyportModule.forRoot({
          issuer: OWN_ISSUER,
          audience: AUDIENCE,
          environment: 'development',
        }),
      ],
    }).compile();
    const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), {
      logger: false,
    });
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    try {
      await register(app, 'shop', ['a:read']);
      const { apiKey, signingSecret } = await issueKey(app, 'shop', { signedOnly: true });
      const { headers } = signed(hmacKey(signingSecret), apiKey.id, { body: BODY });
      const inject = (payload: string) =>
        app.inject({
          method: 'POST',
          url: '/signed',
          headers: Object.fromEntries(headers),
          payload,
        });
      expect((await inject('{"amount":2}')).statusCode).toBe(401);
      expect((await inject(BODY)).statusCode).toBe(201);
    } finally {
      await app.close();
    }
  });
});
