import { createHmac } from 'node:crypto';
import type { SallyportError } from '../../libs/sallyport/src/errors.js';
import {
  ChangingDecryptionKeys,
  createTestRecipient,
  encryptTo,
  type TestRecipient,
} from '../support/nested-tokens.js';
import { createTestVerifier } from '../support/token-verifier.js';
import { createTestIssuer, encode, TEST_AUDIENCE } from '../support/tokens.js';

const own = createTestIssuer();
const partner = createTestIssuer({ issuer: 'https://partner.test' });
const us = createTestRecipient('ours');
const somebody = createTestRecipient('somebody');

const trusted = {
  issuer: partner.issuer,
  audience: TEST_AUDIENCE,
  algorithms: ['ES256'],
  jwks: partner.jwks,
  clients: ['mobile-app'],
} as const;

function setUp(
  options: Parameters<typeof createTestVerifier>[1] = {},
  ...recipients: TestRecipient[]
) {
  const keys = new ChangingDecryptionKeys();
  keys.keep(us, ...recipients);
  const accepting = { encryptedTokens: 'accepted', ...options } as const;
  return { keys, ...createTestVerifier(own, accepting, own.publishedKeys, keys) };
}

const face = ({ code, problem, context }: SallyportError) => ({
  code,
  status: problem.status,
  detail: context.detail,
});
const REFUSED = { code: 'ERR_TOKEN_INVALID', status: 401, detail: undefined };

describe('RFC 7519, nested JWT', () => {
  it.each(['ECDH-ES', 'ECDH-ES+A256KW', 'RSA-OAEP-256'])(
    '§11.2 believes what is signed inside of what is encrypted: %s [C61] [C105]',
    async (algorithm) => {
      const recipient = createTestRecipient('other', algorithm);
      const { verifier } = setUp({}, recipient);
      const inside = own.accessToken({ jti: 'j1', sub: 'alice' });
      const token = await verifier.verify(await encryptTo(recipient, inside));
      expect(token).toEqual(await verifier.verify(inside));
      expect(token).toMatchObject({ jti: 'j1', user: { subject: 'alice' }, kid: own.kid });
    },
  );

  it('§11.2 believes it again without opening it again, the very same object', async () => {
    const { verifier } = setUp();
    const text = await encryptTo(us, own.accessToken());
    expect(await verifier.verify(text)).toBe(await verifier.verify(text));
  });

  describe('§11.2 takes encryption for no signature, as anybody has the public key: refuses', () => {
    const claims = () => Buffer.from(own.accessToken().split('.')[1] ?? '', 'base64url').toString();
    const mac = (input: string) =>
      createHmac('sha256', own.publicKey.export({ format: 'pem', type: 'spki' }))
        .update(input)
        .digest('base64url');

    it.each([
      ['claims that nobody signed', claims],
      [
        'claims with alg none',
        () => `${encode({ alg: 'none', typ: 'at+jwt' })}.${encode(claims())}.`,
      ],
      [
        'claims signed with the public key as a secret',
        () => {
          const header = encode({ alg: 'HS256', typ: 'at+jwt', kid: own.kid });
          const input = `${header}.${encode(claims())}`;
          return `${input}.${mac(input)}`;
        },
      ],
      [
        'a signature under a key of the sender',
        () => createTestIssuer({ issuer: own.issuer, kid: own.kid }).accessToken(),
      ],
      [
        'a token of no trusted issuer',
        () => createTestIssuer({ issuer: 'https://x.test' }).accessToken(),
      ],
      ['another type of token', () => own.accessToken({}, { typ: 'JWT' })],
      ['a token for somebody else', () => own.accessToken({ aud: 'https://other.test' })],
      ['white space around a good token', () => ` ${own.accessToken()}\n`],
      ['bytes that are no text', () => `${own.accessToken()}\u00ff`],
      ['nothing', () => ''],
    ])('%s', async (_what, plaintext) => {
      const { refusalOf } = setUp();
      const text = await encryptTo(us, plaintext());
      expect(face(await refusalOf(text))).toEqual(REFUSED);
    });

    it('claims that nobody signed, whatever the header calls them', async () => {
      const { refusalOf } = setUp();
      for (const names of [{ typ: 'at+jwt', cty: undefined }, { typ: 'at+jwt' }, { cty: 'json' }]) {
        expect(face(await refusalOf(await encryptTo(us, claims(), names)))).toEqual(REFUSED);
      }
    });
  });

  it.each(['JWT', 'jwt', 'at+jwt', 'application/at+jwt'])('§5.2 accepts cty %s', async (cty) => {
    const { verifier } = setUp();
    const text = await encryptTo(us, own.accessToken(), { cty });
    expect((await verifier.verify(text)).clientId).toBe('mobile-app');
  });

  it.each([undefined, 'json', 'JWE', 'secevent+jwt'])('§5.2 refuses cty %s', async (cty) => {
    const { refusalOf, keys } = setUp();
    const text = await encryptTo(us, own.accessToken(), { cty });
    expect(face(await refusalOf(text))).toEqual(REFUSED);
    expect(keys.asked).toEqual([]);
  });

  it('§5.2 nests no deeper: neither encrypts twice nor signs twice', async () => {
    const { refusalOf } = setUp();
    const twice = await encryptTo(us, await encryptTo(us, own.accessToken()));
    const signedTwice = own.sign(own.accessToken(), { cty: 'JWT' });
    for (const text of [twice, await encryptTo(us, signedTwice)]) {
      expect(face(await refusalOf(text))).toEqual(REFUSED);
    }
  });

  it('§5.3 takes claims that the header repeats, and refuses those that it changes', async () => {
    const { verifier, refusalOf } = setUp();
    const inside = own.accessToken();
    const repeated = { iss: own.issuer, aud: TEST_AUDIENCE, sub: 'alice' };
    expect((await verifier.verify(await encryptTo(us, inside, repeated))).clientId).toBe(
      'mobile-app',
    );
    for (const changed of [
      { iss: partner.issuer },
      { aud: 'https://other.test' },
      { aud: [TEST_AUDIENCE] },
      { sub: 'bob' },
      { sub: null },
    ]) {
      const text = await encryptTo(us, inside, { ...repeated, ...changed });
      expect(face(await refusalOf(text))).toEqual(REFUSED);
    }
  });

  it('§4.1.4 refuses what has expired inside, at every request', async () => {
    const { verifier, clock, refusalOf } = setUp();
    const text = await encryptTo(us, own.accessToken());
    await verifier.verify(text);
    clock.advance(400);
    expect((await refusalOf(text)).code).toBe('ERR_CREDENTIAL_EXPIRED');
    expect((await refusalOf(await encryptTo(us, own.accessToken({ exp: 1, iat: 0 })))).code).toBe(
      'ERR_CREDENTIAL_EXPIRED',
    );
  });

  it('§4.1.7 knows one token by its jti, however often it was encrypted', async () => {
    const { verifier } = setUp();
    const inside = own.accessToken({ jti: 'once' });
    const [first, second] = [await encryptTo(us, inside), await encryptTo(us, inside)];
    expect(first).not.toBe(second);
    const tokens = [await verifier.verify(first), await verifier.verify(second)];
    expect(tokens.map(({ jti }) => jti)).toEqual(['once', 'once']);
  });

  describe('§11.5 of RFC 7516: says in one way that it does not open', () => {
    const changed = (text: string, index: number): string => {
      const parts = text.split('.');
      const bytes = Buffer.from(parts[index] ?? '', 'base64url');
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      return parts.with(index, bytes.toString('base64url')).join('.');
    };
    const good = () => encryptTo(us, own.accessToken());

    it.each<[string, () => Promise<string>]>([
      ['a key of somebody else', () => encryptTo(somebody, own.accessToken())],
      [
        'a key of somebody else under our kid',
        () => encryptTo({ ...somebody, kid: us.kid }, own.accessToken()),
      ],
      ['no kid', () => encryptTo(us, own.accessToken(), { kid: undefined })],
      ['the kid of a key that signs', () => encryptTo(us, own.accessToken(), { kid: own.kid })],
      [
        'the public key that signs',
        () => encryptTo({ ...us, kid: own.kid, publicKey: own.publicKey }, own.accessToken()),
      ],
      [
        'another algorithm of the same key',
        () => encryptTo({ ...us, algorithm: 'ECDH-ES+A256KW' }, own.accessToken()),
      ],
      [
        'an algorithm of another kind of key',
        () => encryptTo({ ...createTestRecipient(us.kid, 'RSA-OAEP-256') }, own.accessToken()),
      ],
      ['a changed nonce', async () => changed(await good(), 2)],
      ['a changed ciphertext', async () => changed(await good(), 3)],
      ['a changed tag', async () => changed(await good(), 4)],
    ])('%s', async (_what, make) => {
      const refusal = await setUp().refusalOf(await make());
      expect(face(refusal)).toEqual(REFUSED);
      expect(refusal.message).toBe('encrypted access token cannot be decrypted');
    });
  });

  it('§3.1 of RFC 8725: agrees on no key directly (dir), and takes none from the message', async () => {
    const { refusalOf, keys } = setUp();
    const [, ...rest] = (await encryptTo(us, own.accessToken())).split('.');
    const names = { alg: 'ECDH-ES', enc: 'A256GCM', kid: us.kid, cty: 'JWT' };
    for (const header of [
      { ...names, alg: 'dir' },
      { ...names, alg: 'RSA1_5' },
      { ...names, alg: 'PBES2-HS256+A128KW', p2c: 1_000_000, p2s: 'AAAA' },
      { ...names, zip: 'DEF' },
      { ...names, crit: ['exp'], exp: 1 },
      { ...names, jwk: us.publicJwk },
      { ...names, enc: 'A128CBC-HS256' },
      { ...names, epk: { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' } },
      names,
    ]) {
      const text = [encode(header), ...rest].join('.');
      expect(face(await refusalOf(text))).toEqual(REFUSED);
    }
    expect(new Set(keys.asked)).toEqual(new Set([us.kid]));
  });

  it('§7.2 reads none that is longer than a token may be', async () => {
    const { refusalOf, keys } = setUp();
    const text = await encryptTo(us, own.accessToken({ pad: 'x'.repeat(5_000) }));
    expect(text.length).toBeGreaterThan(8_192);
    expect((await refusalOf(text)).code).toBe('ERR_CREDENTIAL_MALFORMED');
    expect(keys.asked).toEqual([]);
  });

  describe('§11.2 is for those who agreed on it', () => {
    it('and nobody did: refuses one unopened', async () => {
      const { refusalOf, keys } = setUp({ encryptedTokens: 'refused' });
      expect(face(await refusalOf(await encryptTo(us, own.accessToken())))).toEqual(REFUSED);
      expect(keys.asked).toEqual([]);
    });

    it('ours has to be encrypted where that is required', async () => {
      const { verifier, refusalOf } = setUp({ encryptedTokens: 'required' });
      const inside = own.accessToken();
      expect(face(await refusalOf(inside))).toEqual(REFUSED);
      expect((await verifier.verify(await encryptTo(us, inside))).clientId).toBe('mobile-app');
    });

    it('a token of another issuer is refused in ours, and taken where that issuer agreed', async () => {
      const text = await encryptTo(us, partner.accessToken());
      const plain = partner.accessToken();
      const without = setUp({ trustedIssuers: [trusted] });
      expect(face(await without.refusalOf(text))).toEqual(REFUSED);
      expect((await without.verifier.verify(plain)).issuer).toBe(partner.issuer);

      const agreed = { ...trusted, encryptedTokens: 'required' } as const;
      const alone = setUp({ encryptedTokens: 'refused', trustedIssuers: [agreed] });
      expect((await alone.verifier.verify(text)).issuer).toBe(partner.issuer);
      expect(face(await alone.refusalOf(plain))).toEqual(REFUSED);
      expect(face(await alone.refusalOf(await encryptTo(us, own.accessToken())))).toEqual(REFUSED);
    });
  });

  describe('§4.5 of RFC 7517: a key that is gone', () => {
    it('takes what it opened along, seen before or not', async () => {
      const { verifier, refusalOf, keys } = setUp({}, somebody);
      const seen = await encryptTo(us, own.accessToken());
      const other = await encryptTo(somebody, own.accessToken());
      await verifier.verify(seen);
      await verifier.verify(other);
      keys.keep(somebody);
      expect(face(await refusalOf(seen))).toEqual(REFUSED);
      expect((await verifier.verify(other)).clientId).toBe('mobile-app');
    });

    it('does so too when another key took over its kid', async () => {
      const { verifier, refusalOf, keys } = setUp();
      const seen = await encryptTo(us, own.accessToken());
      await verifier.verify(seen);
      keys.keep(createTestRecipient(us.kid));
      expect(face(await refusalOf(seen))).toEqual(REFUSED);
    });
  });
});
