import { generateKeyPairSync } from 'node:crypto';
import type { JWK } from 'jose';
import { readGivenKey, readRecipientKey, readRecipientKeys } from './encryption-jwk.js';

const names = { kid: 'k1', use: 'enc' };
const pairOf = (pair: ReturnType<typeof generateKeyPairSync>) => ({
  publicJwk: { ...(pair.publicKey.export({ format: 'jwk' }) as JWK), ...names },
  privateJwk: { ...(pair.privateKey.export({ format: 'jwk' }) as JWK), ...names },
});
const ec = pairOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
const rsa = pairOf(generateKeyPairSync('rsa', { modulusLength: 2048 }));
const wrong: readonly (readonly [string, unknown])[] = [
  ['nothing', null],
  ['a list', []],
  ['a key without kid', { ...ec.publicJwk, kid: undefined }],
  ['a kid without end', { ...ec.publicJwk, kid: 'k'.repeat(129) }],
  ['a key for signatures', { ...ec.publicJwk, use: 'sig' }],
  ['a key that does not say', { ...ec.publicJwk, use: undefined }],
  ['an algorithm that signs', { ...ec.publicJwk, alg: 'ES256' }],
  ['an algorithm of other keys', { ...ec.publicJwk, alg: 'RSA-OAEP-256' }],
  ['a weak algorithm', { ...rsa.publicJwk, alg: 'RSA1_5' }],
  ['an agreed key', { ...ec.publicJwk, alg: 'dir' }],
  ['an inherited name', { ...ec.publicJwk, kty: 'toString' }],
  ['a shared secret', { ...names, kty: 'oct', k: 'A'.repeat(43) }],
  ['another curve', pairOf(generateKeyPairSync('ec', { namedCurve: 'P-384' })).publicJwk],
  ['a short RSA key', pairOf(generateKeyPairSync('rsa', { modulusLength: 1024 })).publicJwk],
  ['a point that is on no curve', { ...ec.publicJwk, y: ec.publicJwk.x }],
];

describe('A JWK that is encrypted to', () => {
  it('is read with the algorithm it names, or that of its kind', () => {
    expect(readRecipientKey(ec.publicJwk)).toMatchObject({ kid: 'k1', algorithm: 'ECDH-ES' });
    expect(readRecipientKey(rsa.publicJwk)).toMatchObject({ algorithm: 'RSA-OAEP-256' });
    expect(readRecipientKey({ ...ec.publicJwk, alg: 'ECDH-ES+A256KW' })).toMatchObject({
      algorithm: 'ECDH-ES+A256KW',
    });
  });

  it.each(wrong)('is not %s', (_what, jwk) => {
    expect(readRecipientKey(jwk)).toBeNull();
  });

  it('is not a private one, which nobody else should have', () => {
    expect(readRecipientKey(ec.privateJwk)).toBeNull();
    expect(readRecipientKey(rsa.privateJwk)).toBeNull();
    expect(readRecipientKey({ ...rsa.publicJwk, p: 'AQAB' })).toBeNull();
  });

  it('is found in a set among others, in its order', () => {
    const second = { ...rsa.publicJwk, kid: 'k2' };
    const sets = { keys: [{ ...ec.publicJwk, use: 'sig' }, second, null, 7, ec.publicJwk] };
    expect([...(readRecipientKeys(sets)?.keys() ?? [])]).toEqual(['k2', 'k1']);
    expect(readRecipientKeys({ keys: [] })?.size).toBe(0);
    for (const other of [null, [], {}, { keys: {} }, { keys: Array(101).fill(null) }]) {
      expect(readRecipientKeys(other)).toBeNull();
    }
  });
});

describe('A private JWK that is handed over', () => {
  it('decrypts, and is published without what is private', () => {
    for (const [{ privateJwk, publicJwk }, alg] of [
      [ec, 'ECDH-ES'],
      [rsa, 'RSA-OAEP-256'],
    ] as const) {
      const given = readGivenKey(privateJwk);
      expect(given?.key).toMatchObject({ algorithm: alg });
      expect(given?.key.key.type).toBe('private');
      expect(given?.publicJwk).toEqual({ ...publicJwk, alg });
    }
  });

  it.each([...wrong, ['a public one', ec.publicJwk] as const])('is not %s', (_what, jwk) => {
    expect(readGivenKey(jwk)).toBeNull();
  });
});
