import {
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  type KeyPairKeyObjectResult,
} from 'node:crypto';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Post,
  Res,
  StreamableFile,
} from '@nestjs/common';
import {
  ApiKey,
  ApiKeyService,
  EncryptedBody,
  SallyportError,
  SignedRequest,
  SignedResponse,
  type IssuedApiKey,
} from '@sallyport/nest';
import { compactDecrypt, type JWK } from 'jose';
import type { SignatureKey } from '../../libs/sallyport/src/signatures/signature-algorithms.js';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { BY, issueKey, register } from '../support/cast.js';
import { encrypted, keyFor, opened, withHeader } from '../support/encrypted-bodies.js';
import { call, hmacKey, portOf, signed, transmit, type Plan } from '../support/signed-requests.js';

let handled = 0;
let seen: unknown;

@Controller()
class EncryptedController {
  @Post('both') @SignedRequest() @EncryptedBody() both(@Body() body: unknown) {
    handled += 1;
    seen = body;
    return { got: body };
  }
  @Post('request') @SignedRequest() @EncryptedBody({ response: false }) request(
    @Body() body: unknown,
  ) {
    handled += 1;
    seen = body;
    return { plain: true };
  }
  @Post('optional')
  @SignedRequest()
  @EncryptedBody({ request: 'optional', response: false })
  optional(@Body() body: unknown) {
    handled += 1;
    return body;
  }
  @Post('answer') @ApiKey() @EncryptedBody({ request: false }) answer(@Body() body: unknown) {
    handled += 1;
    return { got: body ?? null };
  }
  @Delete('both') @HttpCode(204) @SignedRequest() @EncryptedBody() remove() {
    handled += 1;
  }
}

const JSON_BODY = '{"amount":1,"to":["é"]}';
const OUTER = 1_048_576;

describeOnAdapters('An encrypted body', (start) => {
  let api: TestApi;
  let issued: IssuedApiKey;
  const keyOf = (purpose: 'request' | 'response', of = issued) =>
    keyFor(purpose, of.apiKey.id, of.signingSecret);
  const seal = (plaintext: string | Buffer = JSON_BODY, header: object = {}, key?: KeyObject) =>
    encrypted(plaintext, key ?? keyOf('request'), { kid: issued.apiKey.id, ...header });
  const post = async (body: string | Buffer, plan: Plan = {}, by = issued) =>
    call(api, hmacKey(by.signingSecret), by.apiKey.id, {
      target: '/both',
      body,
      ...plan,
      headers: [
        ...(plan.headers?.some(([name]) => name === 'Content-Type') === true
          ? []
          : [['Content-Type', 'application/jose'] as const]),
        ...(plan.headers ?? []),
      ],
    });
  const lastCode = () => /ERR_[A-Z_]+/.exec(api.log.at(-1) ?? '')?.[0];

  beforeEach(async () => {
    api = await start({ controllers: [EncryptedController] });
    await register(api.app, 'shop', ['a:read']);
    issued = await issueKey(api.app, 'shop', { signing: true });
    handled = 0;
    seen = undefined;
  });

  it('comes to the handler as it was before, and goes back so [C8] [C48] [C105]', async () => {
    const answer = await post(await seal());
    expect(answer.status).toBe(201);
    expect(seen).toEqual({ amount: 1, to: ['é'] });
    expect(answer.headers['content-type']).toBe('application/jose');
    const { header, text } = await opened(answer, keyOf('response'));
    expect(header).toEqual({ alg: 'dir', enc: 'A256GCM', kid: issued.apiKey.id, cty: 'json' });
    expect(JSON.parse(text)).toEqual({ got: { amount: 1, to: ['é'] } });
  });

  const refused = async (body: string | Buffer, plan: Plan = {}, by = issued) => {
    handled = 0;
    const answer = await post(body, plan, by);
    expect(handled).toBe(0);
    return answer;
  };

  it('may be an array, in chunks, with its media type in full', async () => {
    const jwe = await seal('[1,{"a":null}]', { cty: 'application/json', typ: 'JOSE' });
    expect((await post(jwe, { chunkBytes: 7 })).status).toBe(201);
    expect(seen).toEqual([1, { a: null }]);
    expect((await post(await seal('[]', { cty: 'application/json; charset=utf-8' }))).status).toBe(
      201,
    );
  });

  it('is under the secret of either key while a rotated one goes on, and each answers in its own', async () => {
    const next = await api.app.get(ApiKeyService).rotate(issued.apiKey.id, BY);
    for (const one of [issued, next]) {
      const jwe = await seal(JSON_BODY, { kid: one.apiKey.id }, keyOf('request', one));
      const answer = await post(jwe, {}, one);
      expect(answer.status).toBe(201);
      const { header } = await opened(answer, keyOf('response', one));
      expect(header.kid).toBe(one.apiKey.id);
    }
    // Signed by one key and encrypted under another, it is in the name of neither.
    expect((await refused(await seal(), {}, next)).status).toBe(400);
    expect(lastCode()).toBe('ERR_DECRYPTION_FAILED');
  });

  it('is refused once the key was revoked, or its overlap has ended', async () => {
    const jwe = await seal();
    await api.app.get(ApiKeyService).rotate(issued.apiKey.id, BY, { overlapSeconds: 0 });
    expect((await refused(jwe)).status).toBe(401);
    const other = await issueKey(api.app, 'shop', { signing: true });
    await api.app.get(ApiKeyService).revoke(other.apiKey.id, BY);
    const revoked = await seal(JSON_BODY, { kid: other.apiKey.id }, keyOf('request', other));
    expect((await refused(revoked, {}, other)).status).toBe(401);
    expect(lastCode()).toBe('ERR_CREDENTIAL_REVOKED');
  });

  it.each<[string, string | Buffer, string, number]>([
    ['plain JSON', JSON_BODY, 'application/json', 415],
    ['nothing', '', 'application/json', 415],
    ['plain JSON that says it is a JWE', JSON_BODY, 'application/jose', 400],
    ['nothing that says it is a JWE', '', 'application/jose', 400],
    ['a JWE that says it is JSON', '', 'text/plain', 415],
    [
      'a JWE in JSON serialization',
      '{"protected":"","iv":"","ciphertext":"","tag":""}',
      'application/jose+json',
      415,
    ],
    ['a JWE of a type with parameters', 'a.b.c.d.e', 'application/jose; charset=utf-8', 415],
    ['a JWS', 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln', 'application/jose', 400],
    ['five parts of junk', 'a!.b.c.d.e', 'application/jose', 400],
    ['five empty parts', '....', 'application/jose', 400],
    ['bytes', Buffer.from([0, 255, 46, 46, 46, 46]), 'application/jose', 400],
  ])('is refused when it is %s', async (_what, body, type, status) => {
    const answer = await refused(body, { headers: [['Content-Type', type]] });
    // Fastify itself refuses what it has no parser for, and JSON that is empty: the latter with 400.
    const isOurs = api.log.length > 0;
    expect([status, isOurs ? status : 400]).toContain(answer.status);
    if (!isOurs) return;
    expect(answer.body).toMatchObject({ detail: expect.any(String) as unknown });
    expect(lastCode()).toMatch(/^ERR_ENCRYPTION_(REQUIRED|MALFORMED)$/);
  });

  it.each<[string, object]>([
    ['zip', { zip: 'DEF' }],
    ['p2c', { p2c: 1_000_000_000 }],
    ['PBES2', { alg: 'PBES2-HS256+A128KW', p2c: 1_000_000_000, p2s: 'AAAA' }],
    ['another alg', { alg: 'A256KW' }],
    ['no alg', { alg: undefined }],
    ['another enc', { enc: 'A128GCM' }],
    ['crit', { crit: ['exp'], exp: 1 }],
    ['no cty', { cty: undefined }],
    ['a cty of text', { cty: 'text/plain' }],
    ['an unknown cty', { cty: 'invoice+json' }],
    ['a cty of a token', { cty: 'JWT' }],
    ['the typ of a token', { typ: 'at+jwt' }],
  ])('is refused with %s in its header, and says so', async (_what, members) => {
    const answer = await refused(withHeader(await seal(), members));
    expect(answer.status).toBe(400);
    expect(lastCode()).toBe('ERR_ENCRYPTION_MALFORMED');
    expect(answer.body).toMatchObject({ detail: expect.stringMatching(/^The JWE /) as unknown });
  });

  it('is refused all alike when its key does not open it [T11]', async () => {
    await register(api.app, 'other', ['a:read']);
    const other = await issueKey(api.app, 'other', { signing: true });
    const mine = await seal();
    const of = (kid: string, key: KeyObject) => seal(JSON_BODY, { kid }, key);
    const own = issued.apiKey.id;
    const wrong = [
      await of(other.apiKey.id, keyOf('request', other)), // its own, but not of who signs
      await of(own, keyOf('request', other)),
      await of('A'.repeat(16), keyOf('request')),
      await of("' or 1=1", keyOf('request')),
      await seal(JSON_BODY, { kid: undefined }),
      await of(own, keyOf('response')), // what we would have said ourselves
      await of(own, hmacKey(issued.signingSecret).key),
      `${mine.slice(0, -8)}AAAAAAAA`,
      mine.split('.').with(3, 'AAAA').join('.'),
      mine.split('.').with(2, 'A'.repeat(16)).join('.'),
      withHeader(mine, { pad: 1 }),
      withHeader(mine, { alg: 'ECDH-ES' }),
      withHeader(mine, { alg: 'RSA-OAEP-256', kid: own }),
    ];
    const faces = new Set<string>();
    for (const jwe of wrong) {
      const answer = await refused(jwe);
      expect([answer.status, lastCode()]).toEqual([400, 'ERR_DECRYPTION_FAILED']);
      faces.add(answer.content.toString());
    }
    expect(faces.size).toBe(1);
    expect(api.log.join()).not.toContain(issued.signingSecret);
  });

  it.each<[string, string | Buffer]>([
    ['no JSON', 'amount=1'],
    ['JSON that breaks off', '{"amount":1'],
    ['nothing', ''],
    ['a single value', '"text"'],
    ['null', 'null'],
    ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['a member named __proto__', '{"a":{"__proto__":{"isAdmin":true}}}'],
    ['the same, spelt otherwise', '{"\\u005f_proto__":{"isAdmin":true}}'],
    ['a prototype within constructor', '{"constructor":{"prototype":{"isAdmin":true}}}'],
  ])('is refused when what was in it is %s', async (_what, plaintext) => {
    const answer = await refused(await seal(plaintext));
    expect([answer.status, lastCode()]).toEqual([400, 'ERR_INPUT_INVALID']);
  });

  it('is refused when it is too long, before or after it was opened', async () => {
    const plaintext = (length: number) => `["${'x'.repeat(length - 4)}"]`;
    const longest = await seal(plaintext(OUTER));
    expect((await post(longest, { target: '/request' })).status).toBe(201);
    const inner = await refused(await seal(plaintext(OUTER + 1)));
    expect([inner.status, lastCode()]).toEqual([413, 'ERR_BODY_TOO_LARGE']);
    const outer = await refused(await seal(plaintext(OUTER + 8192)));
    expect([outer.status, lastCode()]).toEqual([413, 'ERR_BODY_TOO_LARGE']);
  });

  it('is refused compressed, and is what was signed: no byte of it changed, once, here', async () => {
    const encoded = await refused(gzipSync(await seal()), {
      headers: [['Content-Encoding', 'gzip']],
    });
    expect([encoded.status, lastCode()]).toEqual([415, 'ERR_ENCRYPTION_REQUIRED']);

    const jwe = await seal();
    const plan: Plan = {
      target: '/both',
      body: jwe,
      headers: [['Content-Type', 'application/jose']],
    };
    const sent = signed(hmacKey(issued.signingSecret), issued.apiKey.id, plan);
    const another = Buffer.from(await seal());
    for (const changed of [
      { ...sent, body: another },
      { ...sent, body: sent.body.subarray(0, -1) },
      { ...sent, target: '/request' },
    ]) {
      expect((await transmit(portOf(api), changed)).status).toBe(401);
    }
    expect(handled).toBe(0);
    expect((await transmit(portOf(api), sent)).status).toBe(201);
    expect((await transmit(portOf(api), sent)).status).toBe(401);
    expect(handled).toBe(1);
  });

  it('alone is worth nothing: who shows the key, and signs nothing, is refused', async () => {
    handled = 0;
    const headers = [
      ['Host', 'api.test'],
      ['X-API-Key', issued.plaintext],
      ['Content-Type', 'application/jose'],
    ] as const;
    const body = Buffer.from(await seal());
    const answer = await transmit(portOf(api), { method: 'POST', target: '/both', headers, body });
    expect([answer.status, handled]).toEqual([401, 0]);
  });

  it('may be plain where that is said, and is taken nowhere else', async () => {
    const json = [['Content-Type', 'application/json']] as const;
    const plain = await post(JSON_BODY, { target: '/optional', headers: json });
    expect(plain.body).toEqual({ amount: 1, to: ['é'] });
    expect((await post(await seal(), { target: '/optional' })).body).toEqual(plain.body);
    expect((await refused(await seal(), { target: '/answer' })).status).toBe(415);
    expect(lastCode()).toBe('ERR_ENCRYPTION_REFUSED');
  });

  it('may be missing where content means nothing', async () => {
    const key = hmacKey(issued.signingSecret);
    const remove: Plan = { method: 'DELETE', target: '/both' };
    const answer = await call(api, key, issued.apiKey.id, remove);
    expect([answer.status, answer.content.length, handled]).toEqual([204, 0, 1]);
    const { status } = await call(api, key, issued.apiKey.id, { ...remove, body: JSON_BODY });
    expect([status, handled]).toEqual([415, 1]);
  });
});

interface Answering {
  send(body: string): unknown;
}

@Controller()
@ApiKey()
@EncryptedBody({ request: false })
class AnsweringController {
  @Get('json') json() {
    handled += 1;
    return { answer: 42 };
  }
  @Get('text') @Header('Content-Type', 'text/plain; charset=utf-8') text() {
    return 'grüezi';
  }
  @Get('bytes') bytes() {
    return new StreamableFile(Buffer.from([1, 2, 255]), { type: 'application/pdf' });
  }
  @Get('stream') @Header('Cache-Control', 'public, max-age=60') stream() {
    return new StreamableFile(Readable.from(['one ', 'two ', 'three']), { type: 'text/csv' });
  }
  @Get('self') self(@Res() response: Answering) {
    response.send('by myself');
  }
  @Get('nothing') nothing(): void {
    return;
  }
  @Get('gone') @HttpCode(204) gone(): void {
    return;
  }
  @Get('refused') refused() {
    throw new SallyportError('ERR_OBJECT_DENIED');
  }
  @Get('tagged') @Header('ETag', '"v7"') @Header('Accept-Ranges', 'bytes') tagged() {
    return { version: 7 };
  }
  @Get('encoded') @Header('Content-Encoding', 'gzip') encoded() {
    return 'x';
  }
  @Get('signed') @EncryptedBody({ request: false }) @SignedResponse() signed() {
    return { answer: 42 };
  }
  @Get('signed-first') @SignedResponse() @EncryptedBody({ request: false }) signedFirst() {
    return { answer: 42 };
  }
}

describeOnAdapters('An encrypted answer', (start) => {
  let api: TestApi;
  let issued: IssuedApiKey;
  beforeEach(async () => {
    api = await start({ controllers: [AnsweringController, EncryptedController] });
    await register(api.app, 'shop', ['a:read']);
    issued = await issueKey(api.app, 'shop', { signing: true });
    handled = 0;
  });
  const key = () => keyFor('response', issued.apiKey.id, issued.signingSecret);
  const ask = (
    target: string,
    more: readonly (readonly [string, string])[] = [],
    method = 'GET',
    by = issued,
  ) => {
    const headers = [['Host', 'api.test'], ['X-API-Key', by.plaintext], ...more] as const;
    return transmit(portOf(api), { method, target, headers, body: Buffer.alloc(0) });
  };
  const asked = async (...of: Parameters<typeof ask>) => opened(await ask(...of), key());

  it.each([
    ['/json', 'json', '{"answer":42}'],
    ['/text', 'text/plain; charset=utf-8', 'grüezi'],
    ['/stream', 'text/csv', 'one two three'],
    ['/nothing', undefined, ''],
  ])('is whatever the handler answers, under its type: %s', async (path, cty, text) => {
    const answer = await ask(path);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/jose');
    expect(answer.headers['content-length']).toBe(String(answer.content.length));
    expect(answer.headers['cache-control']).toBe('no-store');
    const { header, text: content } = await opened(answer, key());
    expect(header).toMatchObject({ alg: 'dir', enc: 'A256GCM', kid: issued.apiKey.id });
    expect(header.cty).toBe(cty);
    expect(content).toBe(text);
  });

  it('is bytes, and what a handler sends by itself', async () => {
    const { header } = await asked('/bytes');
    expect(header.cty).toBe('pdf');
    const { plaintext } = await compactDecrypt((await ask('/bytes')).content, key());
    expect([...plaintext]).toEqual([1, 2, 255]);
    expect((await asked('/self')).text).toBe('by myself');
  });

  it('is another each time, by a nonce of its own', async () => {
    const nonces = await Promise.all(
      [1, 2, 3].map(async () => (await ask('/json')).content.toString().split('.')[2]),
    );
    expect(new Set(nonces).size).toBe(3);
  });

  it('is a refusal too, once the body was opened; before, it is one that anybody can read', async () => {
    const refusal = await ask('/refused');
    expect(refusal.status).toBe(404);
    const { header, text } = await opened(refusal, key());
    expect(header.cty).toBe('problem+json');
    expect(JSON.parse(text)).toMatchObject({ status: 404 });
    const stranger = await transmit(portOf(api), {
      method: 'GET',
      target: '/json',
      headers: [['Host', 'api.test']],
      body: Buffer.alloc(0),
    });
    expect(stranger.headers['content-type']).toMatch(/^application\/problem\+json/);
  });

  it('tells nothing of what is in it: neither by a validator nor by a range, nor is it compressed', async () => {
    for (const path of ['/json', '/tagged', '/stream']) {
      const answer = await ask(path, [
        ['Accept-Encoding', 'gzip'],
        ['Range', 'bytes=0-1'],
        ['If-None-Match', '*'],
      ]);
      expect(answer.status).toBe(200);
      expect(Object.keys(answer.headers)).not.toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^(etag|accept-ranges|content-(range|encoding))$/),
        ]),
      );
    }
  });

  it('has nothing in it where there is no content: HEAD, 204', async () => {
    const head = await ask('/json', [], 'HEAD');
    expect([head.status, head.headers['content-type']]).toEqual([200, 'application/jose']);
    expect(head.headers).not.toHaveProperty('content-length');
    expect(head.headers).not.toHaveProperty('etag');
    const gone = await ask('/gone');
    expect([gone.status, gone.content.length]).toEqual([204, 0]);
  });

  it.each(['/signed', '/signed-first'])('is signed as it is sent: %s', async (path) => {
    const answer = await ask(path);
    const digest = `sha-256=:${hash('sha256', answer.content, 'base64')}:`;
    expect(answer.headers['content-digest']).toBe(digest);
    expect(answer.headers['signature-input']).toContain('"content-type"');
    expect(answer.headers['cache-control']).toBe('no-store, no-transform');
    expect((await opened(answer, key())).text).toBe('{"answer":42}');
  });

  it.each([
    ['application/json', 406],
    ['text/html, application/json;q=0.9', 406],
    ['application/jose;q=0, */*', 406],
    ['*/*;q=0.0', 406],
    ['application/jose', 200],
    ['application/json, APPLICATION/JOSE;q=0.1', 200],
    ['application/*', 200],
    ['text/html, */*;q=0.1', 200],
    ['', 200],
  ])('is for whoever accepts it: %j', async (accept, status) => {
    const answer = await ask('/json', [['Accept', accept]]);
    expect([answer.status, handled]).toEqual([status, status === 200 ? 1 : 0]);
    if (status === 406)
      expect(answer.body).toMatchObject({ detail: expect.any(String) as unknown });
  });

  it('is refused to a caller without any key to encrypt with, before anything is done', async () => {
    const plain = await issueKey(api.app, 'shop');
    const answer = await ask('/json', [], 'GET', plain);
    expect([answer.status, handled]).toEqual([403, 0]);
    expect(answer.body).toMatchObject({ title: 'No key to encrypt with' });
  });

  it('is cut off where a handler answers what is encoded already', async () => {
    await expect(ask('/encoded')).rejects.toThrow('socket hang up');
    expect(api.log.join()).toContain('cannot encrypt what is encoded');
  });

  it('is to the key that its client has registered, where it has no secret', async () => {
    const pairs = {
      ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
      rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    };
    const sig = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    const algorithms = { ec: 'ECDH-ES', rsa: 'RSA-OAEP-256' };
    for (const kind of ['ec', 'rsa'] as const) {
      const jwk = { ...pairs[kind].publicKey.export({ format: 'jwk' }), kid: 'e1', use: 'enc' };
      const jwks = { keys: [{ ...sig, kid: 's1' }, jwk] };
      await register(api.app, kind, ['a:read'], { jwks });
      const text = await issueKey(api.app, kind);
      const answer = await ask('/json', [], 'GET', text);
      const { header, text: content } = await opened(answer, pairs[kind].privateKey);
      expect(header).toMatchObject({ alg: algorithms[kind], kid: 'e1', cty: 'json' });
      expect(content).toBe('{"answer":42}');
    }
  });
});

describeOnAdapters('A body that is encrypted to a published key', (start) => {
  let api: TestApi;
  let issued: IssuedApiKey;
  let published: JWK;
  let answers: KeyPairKeyObjectResult;
  let signs: KeyPairKeyObjectResult;
  beforeEach(async () => {
    handled = 0;
    seen = undefined;
    api = await start({ controllers: [EncryptedController], options: { encryptionKeys: true } });
    answers = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    signs = generateKeyPairSync('ed25519');
    const sig = signs.publicKey.export({ format: 'jwk' });
    const enc = { ...answers.publicKey.export({ format: 'jwk' }), kid: 'e1', use: 'enc' };
    await register(api.app, 'shop', ['a:read'], { jwks: { keys: [{ ...sig, kid: 's1' }, enc] } });
    issued = await issueKey(api.app, 'shop', { signing: true });
    const { keys } = (await api.get('/.well-known/jwks.json')).body as { keys: JWK[] };
    published = keys.find(({ use }) => use === 'enc') ?? {};
  });
  const seal = (header: object = {}, to: JWK = published) =>
    encrypted(JSON_BODY, createPublicKey({ format: 'jwk', key: { ...to } }), {
      ...{ alg: 'ECDH-ES', kid: published.kid ?? '' },
      ...header,
    });
  const post = (body: string, plan: Plan = {}, by = issued) =>
    call(api, hmacKey(by.signingSecret), by.apiKey.id, {
      ...{ target: '/both', body, headers: [['Content-Type', 'application/jose']] },
      ...plan,
    });
  const lastCode = () => /ERR_[A-Z_]+/.exec(api.log.at(-1) ?? '')?.[0];

  it('comes to the handler, and is answered to the key that the client has registered', async () => {
    const answer = await post(await seal());
    expect([answer.status, seen]).toEqual([201, { amount: 1, to: ['é'] }]);
    const { header, text } = await opened(answer, answers.privateKey);
    expect(header).toMatchObject({ alg: 'ECDH-ES', enc: 'A256GCM', kid: 'e1', cty: 'json' });
    expect(JSON.parse(text)).toEqual({ got: { amount: 1, to: ['é'] } });
  });

  it('is refused when no key of ours opens it, all alike', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    const wrong = [
      await seal({ kid: 'nobody' }),
      await seal({ kid: undefined }),
      await seal({ kid: 'e1' }), // the client's own: what we would have answered
      await seal({}, other.export({ format: 'jwk' })),
      withHeader(await seal(), { epk: { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' } }),
      withHeader(await seal(), { epk: published }),
      withHeader(await seal(), { epk: 7 }),
      withHeader(await seal(), { epk: undefined }),
      await seal({ alg: 'ECDH-ES+A256KW' }),
    ];
    const faces = new Set<string>();
    for (const jwe of wrong) {
      const answer = await post(jwe);
      expect([answer.status, lastCode()]).toEqual([400, 'ERR_DECRYPTION_FAILED']);
      faces.add(answer.content.toString());
    }
    expect([faces.size, handled]).toEqual([1, 0]);
  });

  it('may be signed by a key that its client has registered for that, and by no other', async () => {
    const by = (key: KeyObject, algorithm: SignatureKey['algorithm'], kid: string, body: string) =>
      call(api, { key, algorithm }, `shop/${kid}`, {
        ...{ target: '/both', body, headers: [['Content-Type', 'application/jose']] },
      });
    const answer = await by(signs.privateKey, 'ed25519', 's1', await seal());
    expect((await opened(answer, answers.privateKey)).header).toMatchObject({ kid: 'e1' });
    expect(answer.status).toBe(201);
    handled = 0;
    const encrypts = await by(answers.privateKey, 'ecdsa-p256-sha256', 'e1', await seal());
    expect([encrypts.status, lastCode()]).toEqual([401, 'ERR_SIGNATURE_INVALID']);
    // It stands for no API key, so that none of its client's opens what it signs.
    const { apiKey, signingSecret } = issued;
    const secret = keyFor('request', apiKey.id, signingSecret);
    const derived = await encrypted(JSON_BODY, secret, { kid: apiKey.id });
    const mixed = await by(signs.privateKey, 'ed25519', 's1', derived);
    expect([mixed.status, lastCode(), handled]).toEqual([400, 'ERR_DECRYPTION_FAILED', 0]);
  });

  it('is refused when nobody could read the answer, before anything is done', async () => {
    await register(api.app, 'mute', ['a:read']);
    const mute = await issueKey(api.app, 'mute', { signing: true });
    const answer = await post(await seal(), {}, mute);
    expect([answer.status, lastCode(), handled]).toEqual([403, 'ERR_ENCRYPTION_KEY_MISSING', 0]);
    expect((await post(await seal(), { target: '/request' }, mute)).status).toBe(201);
  });

  it('says nothing of who sent it: it must be signed', async () => {
    const headers = [
      ['Host', 'api.test'],
      ['X-API-Key', issued.plaintext],
      ['Content-Type', 'application/jose'],
    ] as const;
    const body = Buffer.from(await seal());
    const answer = await transmit(portOf(api), { method: 'POST', target: '/both', headers, body });
    expect([answer.status, handled]).toEqual([401, 0]);
  });
});

describeOnAdapters('A route with @EncryptedBody()', (start) => {
  @Controller()
  class UnsignedController {
    @Post() @EncryptedBody() post() {
      return 'never';
    }
  }
  @Controller()
  class EmptyController {
    @Post() @SignedRequest() @EncryptedBody({ request: false, response: false }) post() {
      return 'never';
    }
  }
  it('that takes bodies which nobody signed, or encrypts nothing, fails the start', async () => {
    await expect(start({ controllers: [UnsignedController] })).rejects.toThrow('@SignedRequest()');
    await expect(start({ controllers: [EmptyController] })).rejects.toThrow('encrypts nothing');
  });

  it('lets plain bodies through while the app only reports, and nothing that it cannot read', async () => {
    handled = 0;
    const api = await start({
      controllers: [EncryptedController],
      options: { enforce: 'report' },
    });
    expect((await api.send('POST', '/both', {}, { amount: 1 })).status).toBe(201);
    expect(api.log.join()).toContain('would refuse both');
    const headers = [
      ['Host', 'api.test'],
      ['Content-Type', 'application/jose'],
    ] as const;
    const sent = { method: 'POST', target: '/both', headers, body: Buffer.from('a.b.c.d.e') };
    expect((await transmit(portOf(api), sent)).status).toBeGreaterThanOrEqual(400);
    expect(handled).toBe(1);
  });
});
