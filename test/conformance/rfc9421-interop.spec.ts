import {
  constants,
  generateKeyPairSync,
  hash,
  sign,
  verify as verifyBytes,
  webcrypto,
} from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Body, Controller, Post } from '@nestjs/common';
import { ApiKey, ClientService, CurrentCaller, SignedRequest, type Caller } from '@sallyport/nest';
import { createSignature, verifySignature, webcrypto as httpMessageSig } from 'http-message-sig';
import { createSigner, createVerifier, httpbis } from 'http-message-signatures';
import { signatureHeaders, verify } from 'web-bot-auth';
import type { SignatureKey } from '../../libs/sallyport/src/signatures/signature-algorithms.js';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { BY, issueKey, register } from '../support/cast.js';
import {
  hmacKey,
  portOf,
  PUBLIC_ORIGIN,
  signed,
  transmit,
  type Sent,
} from '../support/signed-requests.js';

let handled = 0;

@Controller()
class SignedController {
  @Post('signed') @SignedRequest() signed(@CurrentCaller() { credentials }: Caller) {
    handled += 1;
    return credentials.map(({ kind, id }) => ({ kind, id }));
  }
  @Post('bots') @SignedRequest({ tag: 'web-bot-auth' }) bots() {
    handled += 1;
    return 'hello';
  }
  @Post('key') @SignedRequest() @ApiKey() key(@Body() body: unknown) {
    handled += 1;
    return body;
  }
}

const BODY = '{"amount":1}';
const COVER = ['@method', '@authority', '@path', '@query', 'content-digest', 'content-type'];
const NAMES = ['ed25519', 'ecdsa-p256-sha256', 'rsa-pss-sha512'] as const;

function keyPair(algorithm: (typeof NAMES)[number]) {
  switch (algorithm) {
    case 'ed25519':
      return generateKeyPairSync('ed25519');
    case 'ecdsa-p256-sha256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'rsa-pss-sha512':
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
  }
}

const pairs = Object.fromEntries(NAMES.map((name) => [name, keyPair(name)])) as Record<
  (typeof NAMES)[number],
  ReturnType<typeof keyPair>
>;
const jwks = {
  keys: NAMES.map((kid) => ({ ...pairs[kid].publicKey.export({ format: 'jwk' }), kid })),
};
const now = () => Math.floor(Date.now() / 1000);

const IMPORTS = {
  ed25519: 'Ed25519',
  'ecdsa-p256-sha256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'rsa-pss-sha512': { name: 'RSA-PSS', hash: 'SHA-512' },
} as const;

/** As Web Crypto has it, for the packages that sign with that. */
const webKey = (name: (typeof NAMES)[number], usage: 'sign' | 'verify') =>
  webcrypto.subtle.importKey(
    'jwk',
    (usage === 'sign' ? pairs[name].privateKey : pairs[name].publicKey).export({ format: 'jwk' }),
    IMPORTS[name],
    true,
    [usage],
  );

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 };
const nodeSign = (name: (typeof NAMES)[number], data: Uint8Array): Buffer =>
  name === 'rsa-pss-sha512'
    ? sign('sha512', data, { key: pairs[name].privateKey, ...PSS })
    : sign('sha256', data, { key: pairs[name].privateKey, dsaEncoding: 'ieee-p1363' });

/** By Web Crypto where http-message-sig knows the algorithm there. */
const theirSigner = async (name: (typeof NAMES)[number]) =>
  name === 'ecdsa-p256-sha256'
    ? { algorithm: name, sign: (data: Uint8Array) => nodeSign(name, data) }
    : httpMessageSig.signer(await webKey(name, 'sign'));
const theirVerifier = async (name: (typeof NAMES)[number]) =>
  name === 'ecdsa-p256-sha256'
    ? {
        algorithm: name,
        verify: (data: Uint8Array, signature: Uint8Array) =>
          verifyBytes(
            'sha256',
            data,
            { key: pairs[name].publicKey, dsaEncoding: 'ieee-p1363' },
            signature,
          ),
      }
    : httpMessageSig.verifier(await webKey(name, 'verify'));

describeOnAdapters('RFC 9421 between libraries', (start) => {
  let api: TestApi;
  let port: number;
  beforeEach(async () => {
    api = await start({ controllers: [SignedController] });
    port = portOf(api);
    await register(api.app, 'partner', ['a:read']);
    await api.app.get(ClientService).update('partner', { jwks }, BY);
    handled = 0;
  });

  const message = (target = '/signed') => ({
    method: 'POST',
    url: `${PUBLIC_ORIGIN}${target}`,
    headers: {
      Host: new URL(PUBLIC_ORIGIN).host,
      'Content-Type': 'application/json',
      'Content-Digest': `sha-256=:${hash('sha256', BODY, 'base64')}:`,
    } as Record<string, string>,
  });
  const send = (headers: Record<string, string>, target = '/signed', body = BODY) =>
    transmit(port, {
      method: 'POST',
      target,
      headers: Object.entries(headers),
      body: Buffer.from(body),
    });
  const refusedWith = async (answer: ReturnType<typeof send>) => {
    const before = handled;
    const { status } = await answer;
    expect(handled).toBe(before);
    return status;
  };
  const nonce = () => webcrypto.randomUUID();

  it.each(NAMES)('§3.2 what http-message-signatures signs by %s is let in [C46]', async (name) => {
    const key = createSigner(pairs[name].privateKey, name, `partner/${name}`);
    // Its own takes as long a salt as fits; RFC 9421 §3.3.1 wants one of 64 bytes.
    if (name === 'rsa-pss-sha512') key.sign = (data) => Promise.resolve(nodeSign(name, data));
    const { headers } = await httpbis.signMessage(
      {
        key,
        fields: COVER,
        params: ['created', 'keyid', 'alg', 'nonce', 'expires'],
        paramValues: { nonce: nonce() },
      },
      message(),
    );
    expect((await send(headers)).body).toEqual([{ kind: 'client-key', id: name }]);
    expect(await refusedWith(send(headers))).toBe(401);
  });

  it('§3.2 what http-message-signatures signs by hmac-sha256 is let in, in place of the API key [C46]', async () => {
    const { apiKey, signingSecret } = await issueKey(api.app, 'partner', { signedOnly: true });
    const secret = Buffer.from(signingSecret ?? '', 'base64url');
    const { headers } = await httpbis.signMessage(
      {
        key: createSigner(secret, 'hmac-sha256', apiKey.id),
        fields: COVER,
        params: ['created', 'keyid', 'nonce'],
        paramValues: { nonce: nonce() },
      },
      message('/key'),
    );
    expect((await send(headers, '/key')).status).toBe(201);
    const other = `${BODY} `;
    expect(await refusedWith(send(headers, '/key', other))).toBe(401);
  });

  it.each(NAMES)('§3.2 what http-message-sig signs by %s is let in [C46]', async (name) => {
    const { method, url, headers } = message();
    const fields = Object.entries(headers).map(([key, value]) => ({ name: key, value }));
    const signature = await createSignature(
      { kind: 'request', method, targetUri: url, fields },
      {
        label: 'theirs',
        components: COVER,
        parameters: { created: now(), keyid: `partner/${name}`, nonce: nonce() },
        signer: await theirSigner(name),
      },
    );
    const all = {
      ...headers,
      'Signature-Input': signature.signatureInput,
      Signature: signature.signature,
    };
    expect((await send(all)).status).toBe(201);
    expect(await refusedWith(send(all))).toBe(401);
  });

  it('§2.3 what web-bot-auth signs is let in where its tag is demanded, and nowhere a stranger’s', async () => {
    // Of a target without a query it makes an empty @query, where RFC 9421 §2.2.7 has a question mark.
    const target = '/bots?page=1';
    const { method, url, headers } = message(target);
    const key = await webKey('ed25519', 'sign');
    const signer = {
      alg: 'ed25519' as const,
      keyid: 'partner/ed25519',
      sign: async (data: string) =>
        new Uint8Array(await webcrypto.subtle.sign('Ed25519', key, Buffer.from(data))),
    };
    const created = new Date();
    const params = { created, expires: new Date(created.getTime() + 60_000) };
    const request = { method, url, headers };
    const theirs = await signatureHeaders(request, signer, {
      ...params,
      components: COVER,
    });
    const all = { ...headers, ...theirs };
    expect((await send(all, target)).status).toBe(201);
    expect(await refusedWith(send(all, target))).toBe(401);
    // By itself it covers the authority only, which is enough for a crawler and for nobody else.
    const loose = await signatureHeaders(request, signer, params);
    expect(await refusedWith(send({ ...headers, ...loose }, target))).toBe(401);
  });

  const ours = (name: (typeof NAMES)[number], parameters = {}): Sent => {
    const key: SignatureKey = { algorithm: name, key: pairs[name].privateKey };
    return signed(key, `partner/${name}`, {
      authority: 'api.example.com',
      scheme: 'https',
      target: '/signed?page=1',
      body: BODY,
      parameters,
    });
  };
  const theirMessage = ({ headers }: Sent) => ({
    method: 'POST',
    url: 'https://api.example.com/signed?page=1',
    headers: Object.fromEntries(headers),
  });

  it.each(NAMES)('§3.1 what we sign by %s http-message-signatures verifies', async (name) => {
    const request = theirMessage(ours(name));
    const check = createVerifier(pairs[name].publicKey, name);
    const config = {
      keyLookup: () => Promise.resolve({ id: `partner/${name}`, algs: [name], verify: check }),
      requiredFields: COVER,
      requiredParams: ['nonce', 'created'],
    };
    expect(await httpbis.verifyMessage(config, request)).toBe(true);
    const tampered = { ...request, method: 'PUT' };
    expect(await httpbis.verifyMessage(config, tampered).catch(() => false)).toBe(false);
  });

  it('§3.1 what we sign by hmac-sha256 http-message-signatures verifies', async () => {
    const secret = webcrypto.getRandomValues(Buffer.alloc(32));
    const plan = {
      authority: 'api.example.com',
      scheme: 'https',
      target: '/signed?page=1',
      body: BODY,
    } as const;
    const request = theirMessage(signed(hmacKey(secret.toString('base64url')), 'k', plan));
    const check = createVerifier(secret, 'hmac-sha256');
    const config = { keyLookup: () => Promise.resolve({ id: 'k', verify: check }) };
    expect(await httpbis.verifyMessage(config, request)).toBe(true);
  });

  it.each(NAMES)('§3.1 what we sign by %s http-message-sig verifies', async (name) => {
    const { headers } = ours(name);
    const fields = headers.map(([key, value]) => ({ name: key, value }));
    const verifier = await theirVerifier(name);
    const policy = { algorithms: [name], requiredComponents: COVER, requiredParameters: ['nonce'] };
    const check = (method: string) =>
      verifySignature(
        { kind: 'request', method, targetUri: 'https://api.example.com/signed?page=1', fields },
        { policy, resolveVerifier: () => verifier },
      );
    expect((await check('POST')).parameters.keyid).toBe(`partner/${name}`);
    await expect(check('PUT')).rejects.toThrow();
  });

  it('§3.1 what we sign web-bot-auth verifies', async () => {
    const parameters = { tag: 'web-bot-auth', expires: now() + 60 };
    const subject = await webKey('ed25519', 'verify');
    const told = await verify(
      theirMessage(ours('ed25519', parameters)),
      async (data, signature, params) => ({
        isValid: await webcrypto.subtle.verify(
          'Ed25519',
          subject,
          Buffer.from(signature),
          Buffer.from(data),
        ),
        keyid: params.keyid,
      }),
    );
    expect(told).toEqual({ isValid: true, keyid: 'partner/ed25519' });
  });

  it.each(NAMES)(
    '§3.2 a key is believed for its own algorithm: not %s under another name',
    async (name) => {
      const others = NAMES.filter((other) => other !== name);
      for (const other of others) {
        const plan = { body: BODY };
        const key: SignatureKey = { algorithm: name, key: pairs[name].privateKey };
        expect(await refusedWith(transmit(port, signed(key, `partner/${other}`, plan)))).toBe(401);
        const untold = { ...plan, parameters: { alg: null } };
        expect(await refusedWith(transmit(port, signed(key, `partner/${other}`, untold)))).toBe(
          401,
        );
        const lying = { ...plan, parameters: { alg: other } };
        expect(await refusedWith(transmit(port, signed(key, `partner/${name}`, lying)))).toBe(401);
      }
    },
  );

  it('§3.2 a key of another client, or one that was taken back, is nobody’s', async () => {
    await register(api.app, 'other', ['a:read']);
    const key: SignatureKey = { algorithm: 'ed25519', key: pairs.ed25519.privateKey };
    const plan = { body: BODY };
    const as = (keyid: string) => transmit(port, signed(key, keyid, plan));
    expect(await refusedWith(as('other/ed25519'))).toBe(401);
    expect(await refusedWith(as('ed25519'))).toBe(401);
    expect(await refusedWith(as('partner/'))).toBe(401);
    expect((await as('partner/ed25519')).status).toBe(201);
    await api.app.get(ClientService).update('partner', { jwks: null }, BY);
    expect(await refusedWith(as('partner/ed25519'))).toBe(401);
  });

  it('§3.2 a key that its client has registered is no API key', async () => {
    const key: SignatureKey = { algorithm: 'ed25519', key: pairs.ed25519.privateKey };
    const plan = { body: BODY, target: '/key' };
    expect(await refusedWith(transmit(port, signed(key, 'partner/ed25519', plan)))).toBe(401);
    expect(api.log.at(-1)).toContain('ERR_CREDENTIAL_MISSING');
  });

  it('§3.2 a client may publish its keys instead: fetched once, whatever names are tried', async () => {
    let fetched = 0;
    let published: object = { keys: jwks.keys.filter(({ kid }) => kid === 'ed25519') };
    const server = createServer((_request, response) => {
      fetched += 1;
      response.setHeader('content-type', 'application/jwk-set+json');
      response.end(JSON.stringify(published));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port: at } = server.address() as AddressInfo;
      const jwksUri = `http://127.0.0.1:${at}/jwks.json`;
      await api.app.get(ClientService).update('partner', { jwks: null, jwksUri }, BY);
      const plan = { body: BODY };
      const as = (name: (typeof NAMES)[number]) =>
        transmit(
          port,
          signed({ algorithm: name, key: pairs[name].privateKey }, `partner/${name}`, plan),
        );
      expect((await as('ed25519')).status).toBe(201);
      expect((await as('ed25519')).status).toBe(201);
      expect(fetched).toBe(1);
      published = jwks;
      // A name that nobody knows makes us fetch, but not more often than the cooldown allows.
      expect(await refusedWith(as('ecdsa-p256-sha256'))).toBe(401);
      expect(fetched).toBe(1);
    } finally {
      server.closeAllConnections();
      server.close();
    }
    await register(api.app, 'gone', ['a:read'], { jwksUri: 'http://127.0.0.1:9/jwks.json' });
    const gone = signed({ algorithm: 'ed25519', key: pairs.ed25519.privateKey }, 'gone/ed25519', {
      body: BODY,
    });
    expect(await refusedWith(transmit(port, gone))).toBe(503);
  });
});
