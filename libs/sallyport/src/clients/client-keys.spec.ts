import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SallyportError } from '../errors.js';
import { readClientKeys } from './client-keys.js';

const jwkOf = (key: KeyObject) => ({ ...key.export({ format: 'jwk' }) });
const rsa = (modulusLength: number) =>
  jwkOf(generateKeyPairSync('rsa', { modulusLength }).publicKey);
const ecPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsaPair = generateKeyPairSync('rsa', { modulusLength: 2048 });

const ec = { ...jwkOf(ecPair.publicKey), kid: 'ec' };
const okp = { ...jwkOf(generateKeyPairSync('ed25519').publicKey), kid: 'okp' };
const rsa2048 = { ...jwkOf(rsaPair.publicKey), kid: 'rsa' };

describe('readClientKeys', () => {
  const messageOf = (jwks: unknown): string => {
    try {
      readClientKeys(jwks);
    } catch (error) {
      if (error instanceof SallyportError && error.code === 'ERR_INPUT_INVALID') {
        return error.message;
      }
      throw error;
    }
    return 'it was not refused';
  };

  it('reads EC P-256, Ed25519 and RSA keys, which are for signatures', () => {
    expect(readClientKeys({ keys: [ec, okp, rsa2048] })).toEqual({
      keys: [ec, okp, rsa2048].map((key) => ({ ...key, use: 'sig' })),
    });
  });

  it.each([
    [ec, 'ES256'],
    [okp, 'EdDSA'],
    [rsa2048, 'RS256'],
    [rsa2048, 'PS256'],
  ])('keeps the algorithm that a key is limited to: %#', (key, alg) => {
    const given = { ...key, alg, use: 'sig', key_ops: ['verify'] };
    expect(readClientKeys({ keys: [given] })).toEqual({ keys: [{ ...key, alg, use: 'sig' }] });
  });

  it('keeps one spelling of a key, and no member that verifies nothing', () => {
    const given = { ...ec, x: `${ec.x ?? ''}==`, x5u: 'https://evil.example', ext: true };
    expect(readClientKeys({ keys: [given], more: 1 })).toEqual({ keys: [{ ...ec, use: 'sig' }] });
  });

  it.each([
    undefined,
    'x',
    [],
    [ec],
    {},
    { keys: ec },
    { keys: [] },
    { keys: Array.from({ length: 11 }, (_, index) => ({ ...ec, kid: String(index) })) },
  ])('refuses what is no set of 1 to 10 keys: %#', (jwks) => {
    expect(messageOf(jwks)).toBe('jwks must be a JWK set of 1 to 10 keys');
  });

  it('takes 10 keys', () => {
    const keys = Array.from({ length: 10 }, (_, index) => ({ ...ec, kid: String(index) }));
    expect(readClientKeys({ keys }).keys).toHaveLength(10);
  });

  it.each([
    ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].map((name) => ({ ...rsa2048, [name]: 'AQ' })),
    { ...jwkOf(ecPair.privateKey), kid: 'ec' },
    { ...jwkOf(rsaPair.privateKey), kid: 'rsa' },
    { kty: 'oct', k: 'c2VjcmV0', kid: 'oct' },
  ])('refuses a key with private members, and does not repeat them: %#', (key) => {
    expect(messageOf({ keys: [ec, key] })).toBe(
      'jwks: a key has private members; it is no longer secret: make another',
    );
  });

  it.each([
    [null, 'a key must be an object'],
    ['x', 'a key must be an object'],
    [{ ...ec, kid: undefined }, 'every key needs a kid'],
    [{ ...ec, kid: '' }, 'every key needs a kid'],
    [{ ...ec, kid: 1 }, 'every key needs a kid'],
    [{ ...ec, kid: 'a\0' }, 'every key needs a kid'],
    [{ ...ec, kid: 'x'.repeat(129) }, 'every key needs a kid'],
    [{ ...ec, use: 'tls' }, 'is neither for signatures nor for encryption'],
    [{ ...ec, use: null }, 'is neither for signatures nor for encryption'],
    [{ ...ec, key_ops: ['encrypt'] }, 'is neither for signatures nor for encryption'],
    [{ ...ec, key_ops: 'verify' }, 'is neither for signatures nor for encryption'],
    [{ ...ec, alg: 'EdDSA' }, 'must be ES256'],
    [{ ...ec, alg: 'none' }, 'must be ES256'],
    [{ ...ec, alg: null }, 'must be ES256'],
    [{ ...rsa2048, alg: 'HS256' }, 'must be RS256 or PS256'],
    [{ ...rsa(1024), kid: 'short' }, 'must be EC P-256'],
    [{ ...rsa2048, e: 'AQ' }, 'must be EC P-256'],
    [{ ...ec, x: 'AAAA' }, 'must be EC P-256'],
    [{ ...ec, y: undefined }, 'must be EC P-256'],
    [{ ...ec, crv: 'P-384' }, 'must be EC P-256'],
    [{ ...okp, x: 'AAAA' }, 'must be EC P-256'],
    [{ ...okp, kty: 'EC' }, 'must be EC P-256'],
    [{ kty: 'oct', kid: 'oct' }, 'must be EC P-256'],
    [{ kid: 'empty' }, 'must be EC P-256'],
    [
      {
        ...jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey),
        kid: 'other-curve',
      },
      'must be EC P-256',
    ],
    [{ ...jwkOf(generateKeyPairSync('ed448').publicKey), kid: 'ed448' }, 'must be EC P-256'],
  ])('refuses the whole set for one key that is not usable: %#', (key, message) => {
    expect(messageOf({ keys: [okp, key] })).toContain(message);
  });

  it('refuses two keys of one kid', () => {
    expect(messageOf({ keys: [ec, { ...okp, kid: 'ec' }] })).toContain('a kid of its own');
  });

  it('reads keys for encryption beside those for signatures: EC P-256 and RSA', () => {
    const enc = [
      { ...ec, kid: 'e1', use: 'enc' },
      { ...ec, kid: 'e2', use: 'enc', alg: 'ECDH-ES+A256KW' },
      { ...rsa2048, kid: 'e3', use: 'enc', alg: 'RSA-OAEP-256' },
    ];
    for (const operations of [undefined, [], ['wrapKey'], ['deriveBits', 'other']]) {
      const given = enc.map((jwk) => ({ ...jwk, key_ops: operations }));
      expect(readClientKeys({ keys: [okp, ...given] }).keys.slice(1)).toEqual(enc);
    }
  });

  it.each([
    [{ ...okp, kid: 'e', use: 'enc' }, 'must be EC P-256 or RSA of 2048 to 8192 bits'],
    [{ ...rsa(1024), kid: 'e', use: 'enc' }, 'must be EC P-256 or RSA of 2048 to 8192 bits'],
    [{ ...ec, kid: 'e', use: 'enc', alg: 'ES256' }, 'must be ECDH-ES or ECDH-ES+A256KW'],
    [{ ...ec, kid: 'e', use: 'enc', alg: 'dir' }, 'must be ECDH-ES or ECDH-ES+A256KW'],
    [{ ...rsa2048, kid: 'e', use: 'enc', alg: 'RSA-OAEP' }, 'must be RSA-OAEP-256'],
    [{ ...rsa2048, kid: 'e', use: 'enc', alg: 'RSA1_5' }, 'must be RSA-OAEP-256'],
    [{ ...ec, kid: 'e', use: 'enc', key_ops: ['verify'] }, 'neither for signatures'],
    [{ ...ec, kid: 'e', use: 'toString' }, 'neither for signatures'],
  ])('refuses a key for encryption that is not usable: %#', (key, message) => {
    expect(messageOf({ keys: [okp, key] })).toContain(message);
  });

  it('refuses a set with which nobody could authenticate', () => {
    const keys = [{ ...ec, use: 'enc' }];
    expect(messageOf({ keys })).toBe('jwks needs a key for signatures beside those for encryption');
  });
});
