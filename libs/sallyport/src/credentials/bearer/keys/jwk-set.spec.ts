import { generateKeyPairSync } from 'node:crypto';
import type { JWK } from 'jose';
import { createTestIssuer } from '../../../../../../test/support/tokens.js';
import { SIGNING_ALGORITHMS } from '../jws.js';
import { readJwk, readJwkSet } from './jwk-set.js';

const ec = createTestIssuer().publicJwk;
const rsa = createTestIssuer({ algorithm: 'RS256' }).publicJwk;
const ed = createTestIssuer({ algorithm: 'EdDSA' });
const read = (jwk: unknown) => readJwk(jwk, SIGNING_ALGORITHMS);
const without = (jwk: JWK, ...names: string[]) =>
  Object.fromEntries(Object.entries(jwk).filter(([name]) => !names.includes(name)));

describe('readJwk', () => {
  it.each([
    ['EC P-256', without(ec, 'alg'), ['ES256']],
    ['Ed25519', without(ed.publicJwk, 'alg'), ['EdDSA']],
    ['RSA', without(rsa, 'alg'), ['RS256', 'PS256']],
    ['RSA for PS256', { ...rsa, alg: 'PS256' }, ['PS256']],
    ['a key without use', without(ec, 'use'), ['ES256']],
    ['a key to verify with', { ...ec, key_ops: ['verify'] }, ['ES256']],
  ])('pins the algorithms of %s', (_what, jwk, algorithms) => {
    expect(read(jwk)?.algorithms).toEqual(algorithms);
  });

  it('leaves out what its issuer may not use', () => {
    expect(readJwk(without(rsa, 'alg'), ['PS256', 'ES256'])?.algorithms).toEqual(['PS256']);
    expect(readJwk(rsa, ['ES256'])).toBeNull();
  });

  it.each([
    ['a private key', { ...ed.privateKey.export({ format: 'jwk' }), kid: 'k' }],
    ['an RSA key with a prime', { ...rsa, p: 'AQAB' }],
    ['a symmetric key', { kty: 'oct', k: 'AAAA', kid: 'k', alg: 'HS256' }],
    ['a key that brings a symmetric one', { ...ec, k: 'AAAA' }],
    ['a key for encryption', { ...ec, use: 'enc' }],
    ['a key for other operations', { ...ec, key_ops: ['encrypt'] }],
    ['operations that are no list', { ...ec, key_ops: 'verify' }],
    ['a key without kid', without(ec, 'kid')],
    ['a kid that is a number', { ...ec, kid: 7 }],
    ['an endless kid', { ...ec, kid: 'k'.repeat(129) }],
    ['another algorithm', { ...ec, alg: 'ES384' }],
    ['an algorithm of another kind of key', { ...ec, alg: 'RS256' }],
    ['another curve', { ...ec, crv: 'P-384' }],
    ['a point that is not on the curve', { ...ec, x: ec.y }],
    ['a kty that is a trap', { ...ec, kty: '__proto__' }],
    ['a member that is no string', { ...ec, x: 7 }],
    ['no object', 'key'],
    ['nothing', null],
  ])('reads no key from %s', (_what, jwk) => {
    expect(read(jwk)).toBeNull();
  });
});

describe('readJwkSet', () => {
  it('skips keys that cannot be used and takes the others (RFC 7517 §5)', () => {
    const keys = readJwkSet(
      { keys: [{ kty: 'new' }, null, { kty: 'oct', k: 'AAAA', kid: 'o' }, ec] },
      SIGNING_ALGORITHMS,
    );
    expect([...(keys?.keys() ?? [])]).toEqual([ec.kid]);
  });

  it('takes none of the keys that share a kid', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const twin = { ...publicKey.export({ format: 'jwk' }), kid: ec.kid };
    const keys = readJwkSet({ keys: [ec, twin, { ...twin }, rsa] }, SIGNING_ALGORITHMS);
    expect([...(keys?.keys() ?? [])]).toEqual([rsa.kid]);
  });
});
