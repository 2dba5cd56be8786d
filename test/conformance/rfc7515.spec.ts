import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import {
  MAX_TOKEN_LENGTH,
  SIGNING_ALGORITHMS,
  parseCompactJws,
  verifyJws,
} from '../../libs/sallyport/src/credentials/bearer/jws.js';
import { SallyportError } from '../../libs/sallyport/src/errors.js';
import { createTestIssuer, encode, signText } from '../support/tokens.js';

const issuers = SIGNING_ALGORITHMS.map((algorithm) => createTestIssuer({ algorithm }));
const [es256 = createTestIssuer()] = issuers;

const codeOf = (text: string): unknown => {
  try {
    return parseCompactJws(text);
  } catch (error) {
    return error instanceof SallyportError ? error.code : error;
  }
};

describe('RFC 7515', () => {
  it('§3.1 takes compact serialization apart, and no payload is too short for it [C104]', () => {
    expect(parseCompactJws(es256.sign('', { cty: 'x' }))).toMatchObject({
      algorithm: 'ES256',
      kid: es256.kid,
      typ: 'at+jwt',
      cty: 'x',
      payload: Buffer.alloc(0),
    });
  });

  it.each(issuers.map((issuer) => [issuer.algorithm, issuer] as const))(
    '§5.2 accepts a signature by %s and none that was changed [C12]',
    (algorithm, issuer) => {
      const jws = parseCompactJws(issuer.sign('hello'));
      expect(verifyJws(jws, issuer.publicKey)).toBe(true);
      for (let at = 0; at < jws.signature.length; at += 7) {
        const signature = Buffer.from(jws.signature);
        signature[at] = (signature[at] ?? 0) ^ 1;
        expect(verifyJws({ ...jws, signature }, issuer.publicKey)).toBe(false);
      }
      const signingInput = Buffer.from(`${jws.signingInput.toString()}x`);
      expect(verifyJws({ ...jws, signingInput }, issuer.publicKey)).toBe(false);
      expect(verifyJws(jws, createTestIssuer({ algorithm }).publicKey)).toBe(false);
    },
  );

  it.each(issuers.map((issuer) => [issuer.algorithm, issuer] as const))(
    '§10.7 verifies no other algorithm with a key for %s',
    (own, issuer) => {
      for (const algorithm of SIGNING_ALGORITHMS.filter((other) => other !== own)) {
        const jws = parseCompactJws(issuer.sign('hello', { alg: algorithm }));
        expect(verifyJws(jws, issuer.publicKey)).toBe(false);
      }
    },
  );

  it('RFC 7518 §3.3 verifies with no RSA key that is too small, and none of another exponent', () => {
    const keys = [
      generateKeyPairSync('rsa', { modulusLength: 1024 }),
      generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }),
    ];
    for (const { publicKey, privateKey } of keys) {
      const input = `${encode({ alg: 'RS256' })}.${encode('hello')}`;
      const text = `${input}.${signText('RS256', privateKey, input).toString('base64url')}`;
      expect(verifyJws(parseCompactJws(text), publicKey)).toBe(false);
    }
  });

  it('RFC 7518 §3.4 verifies with no other curve', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
    const input = `${encode({ alg: 'ES256' })}.${encode('hello')}`;
    const text = `${input}.${signText('ES256', privateKey, input).toString('base64url')}`;
    expect(verifyJws(parseCompactJws(text), publicKey)).toBe(false);
  });

  it('RFC 7518 §3.4 reads r and s side by side, not as DER', () => {
    const jws = parseCompactJws(es256.sign('hello'));
    const half = (at: number) =>
      Buffer.concat([Buffer.from([2, 33, 0]), jws.signature.subarray(at, at + 32)]);
    const der = Buffer.concat([Buffer.from([0x30, 70]), half(0), half(32)]);
    expect(verifyJws({ ...jws, signature: der }, es256.publicKey)).toBe(false);
  });

  it('verifies with no private key that was handed over by mistake', () => {
    const jws = parseCompactJws(es256.sign('hello'));
    expect(verifyJws(jws, es256.privateKey)).toBe(false);
    expect(verifyJws(jws, createPublicKey(es256.privateKey))).toBe(true);
  });

  it.each([
    ['padding', (part: string) => `${part}=`],
    ['a dot', (part: string) => `.${part}`],
    ['characters of base64', (part: string) => `${part.slice(0, -1)}+`],
    [
      'a lonely last character',
      (part: string) => `${part}AAAAA`.slice(0, part.length - (part.length % 4) + 5),
    ],
    ['unused bits that are set', (part: string) => part.replace(/.$/, 'x')],
  ])('§2 reads base64url in one spelling only and refuses %s', (_what, spell) => {
    const text = es256.sign('0123456789', '{"alg":"ES256" }');
    const parts = text.split('.');
    for (const at of [0, 1, 2]) {
      const spelled = parts.map((part, index) => (index === at ? spell(part) : part)).join('.');
      expect(['ERR_TOKEN_INVALID', 'ERR_CREDENTIAL_MALFORMED']).toContain(codeOf(spelled));
    }
  });

  it.each(['HS256', 'none', 'ES384', 'es256', undefined])('§4.1.1 refuses alg %j', (alg) => {
    expect(codeOf(es256.sign('', { alg }))).toBe('ERR_TOKEN_INVALID');
  });

  it('§4.1.4 leaves out a kid, but takes none that is empty, long or no string', () => {
    expect(parseCompactJws(es256.sign('', { kid: undefined })).kid).toBeNull();
    for (const kid of ['', 'k'.repeat(129), 7, ['k']]) {
      expect(codeOf(es256.sign('', { kid }))).toBe('ERR_TOKEN_INVALID');
    }
  });

  it('refuses what is too long before it reads a byte of it', () => {
    const fits = es256.sign('x'.repeat(5000));
    expect(fits.length).toBeLessThanOrEqual(MAX_TOKEN_LENGTH);
    expect(codeOf(fits)).toMatchObject({ algorithm: 'ES256' });
    expect(codeOf('.'.repeat(MAX_TOKEN_LENGTH + 1))).toBe('ERR_CREDENTIAL_MALFORMED');
  });

  it('§5.2 knows no MAC, whatever the key', () => {
    const input = `${encode({ alg: 'HS256', kid: es256.kid })}.${encode('hello')}`;
    const mac = createHmac('sha256', 'secret').update(input).digest('base64url');
    expect(codeOf(`${input}.${mac}`)).toBe('ERR_TOKEN_INVALID');
  });
});
