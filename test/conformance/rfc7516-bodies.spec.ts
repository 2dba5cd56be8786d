import { createECDH, generateKeyPairSync } from 'node:crypto';
import { Body, Controller, Get, Header, Post } from '@nestjs/common';
import { createClient, WebCrypto, type Client, type EncryptionJwk } from '@sallyport/client';
import { ApiKey, EncryptedBody, SignedRequest, type IssuedApiKey } from '@sallyport/nest';
import { compactDecrypt, decodeProtectedHeader } from 'jose';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { issueKey, register } from '../support/cast.js';
import { encrypted, keyFor, opened, withHeader } from '../support/encrypted-bodies.js';
import { call, hmacKey, portOf, transmit } from '../support/signed-requests.js';

let seen: unknown;

@Controller()
class BodiesController {
  @Post('bodies') @SignedRequest() @EncryptedBody() post(@Body() body: unknown) {
    seen = body;
    return body;
  }
  @Get('types/text')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @ApiKey()
  @EncryptedBody({ request: false })
  text() {
    return 'a,b';
  }
  @Get('types/json') @ApiKey() @EncryptedBody({ request: false }) json() {
    return {};
  }
}

describeOnAdapters('RFC 7516, encrypted bodies', (start) => {
  let api: TestApi;
  let issued: IssuedApiKey;
  beforeEach(async () => {
    seen = undefined;
    api = await start({ controllers: [BodiesController] });
    await register(api.app, 'shop', ['a:read']);
    issued = await issueKey(api.app, 'shop', { signing: true });
  });
  const key = (purpose: 'request' | 'response') =>
    keyFor(purpose, issued.apiKey.id, issued.signingSecret);
  const seal = (header: object = {}) =>
    encrypted('{"a":1}', key('request'), { kid: issued.apiKey.id, ...header });
  const post = (body: string) =>
    call(api, hmacKey(issued.signingSecret), issued.apiKey.id, {
      ...{ target: '/bodies', body, headers: [['Content-Type', 'application/jose']] },
    });
  const get = (target: string) => {
    const headers = [
      ['Host', 'api.test'],
      ['X-API-Key', issued.plaintext],
    ] as const;
    return transmit(portOf(api), { method: 'GET', target, headers, body: Buffer.alloc(0) });
  };

  it('§3.1 a request by another implementation is read, and the response read by it [C105]', async () => {
    const answer = await post(await seal());
    expect(seen).toEqual({ a: 1 });
    expect((await opened(answer, key('response'))).text).toBe('{"a":1}');
  });

  it('§4.1.3 a body with compression (zip) is refused [C105]', async () => {
    expect((await post(withHeader(await seal(), { zip: 'DEF' }))).status).toBe(400);
    expect(seen).toBeUndefined();
  });

  it('§4.1.12 the response says the type of its content in cty, the short way where that is recommended', async () => {
    const types = await Promise.all(
      ['/types/text', '/types/json'].map(async (path) =>
        decodeProtectedHeader((await get(path)).content.toString()),
      ),
    );
    expect(types.map(({ cty }) => cty)).toEqual(['text/plain; charset=utf-8', 'json']);
  });

  it.each([['json'], ['application/json'], ['JSON'], ['Application/JSON']])(
    '§4.1.12 cty %s is the type of JSON',
    async (cty) => {
      expect((await post(await seal({ cty }))).status).toBe(201);
    },
  );

  it('§4.1.13 an extension that must be understood (crit) is refused', async () => {
    expect((await post(withHeader(await seal(), { crit: ['b64'], b64: true }))).status).toBe(400);
    expect(seen).toBeUndefined();
  });

  it('§7.2 the JSON serialization is refused: bodies are compact', async () => {
    const [header, encryptedKey, iv, ciphertext, tag] = (await seal()).split('.');
    const json = JSON.stringify({
      protected: header,
      encrypted_key: encryptedKey,
      iv,
      ciphertext,
      tag,
    });
    expect((await post(json)).status).toBe(400);
    expect(seen).toBeUndefined();
  });
});

describe('RFC 7518, ECDH-ES of the client', () => {
  const sent = async (
    client: (fetch: (url: URL, init: RequestInit) => Promise<Response>) => Client,
  ) => {
    let body = '';
    const through = (_url: URL, { body: bytes }: RequestInit) => {
      body = Buffer.from(bytes as Uint8Array).toString();
      return Promise.resolve(new Response(null, { status: 204 }));
    };
    await client(through).fetch('/', { method: 'POST', body: new URLSearchParams({ a: 'b' }) });
    return body;
  };

  it('§4.6 is opened by another implementation', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'enc' } as EncryptionJwk;
    const jwks = () => Promise.resolve({ keys: [{ kid: 's1', use: 'sig' }, jwk] });
    const text = await sent((fetch) =>
      createClient({
        origin: 'https://api.test',
        encryptedBodies: { keyAgreement: { jwks } },
        fetch,
      }),
    );
    const { plaintext, protectedHeader } = await compactDecrypt(text, privateKey);
    expect(Buffer.from(plaintext).toString()).toBe('a=b');
    expect(protectedHeader).toMatchObject({
      ...{ alg: 'ECDH-ES', enc: 'A256GCM', kid: 'k1' },
      cty: 'x-www-form-urlencoded;charset=UTF-8',
    });
  });

  it('§4.6.2 agrees on the secret (Z) that another implementation computes', async () => {
    const web = new WebCrypto();
    const { publicKey, privateKey } = await web.generateAgreementKeys();
    const { x = '', y = '' } = await web.exportPublicKey(publicKey);
    const other = createECDH('prime256v1');
    const point = other.generateKeys();
    const shared = await web.agree(privateKey, {
      ...{ kty: 'EC', crv: 'P-256' },
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    });
    const theirs = other.computeSecret(
      Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]),
    );
    expect(Buffer.from(shared)).toEqual(theirs);
  });

  it.each([
    [{ kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' }],
    [{ kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) }],
    [{ kty: 'EC', crv: 'P-384', x: 'A'.repeat(43), y: 'A'.repeat(43) }],
    [{}],
  ])('§4.6.1.1 agrees with no point that is not on the curve: %j', async (jwk) => {
    const web = new WebCrypto();
    const { privateKey } = await web.generateAgreementKeys();
    await expect(web.agree(privateKey, jwk)).rejects.toThrow();
  });
});
