import { hashBytes, hashSecret, isSameHash, isSecretOf } from './secret-hash.js';

describe('hashSecret', () => {
  it('is SHA-256 in hex (FIPS 180-4, example of one block)', () => {
    expect(hashSecret('abc')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});

describe('isSameHash', () => {
  const hash = hashSecret('abc');

  it('knows the same hash, and tells a hash that differs in one digit', () => {
    expect(isSameHash(hash, hash)).toBe(true);
    expect(isSameHash(hash, `${hash.slice(0, -1)}c`)).toBe(false);
  });

  it.each(['', 'zz', hash.slice(2), `${hash}00`])('takes %j for another hash', (other) => {
    expect(isSameHash(hash, other)).toBe(false);
    expect(isSameHash(other, hash)).toBe(false);
  });
});

describe('isSecretOf', () => {
  const bytes = hashBytes(hashSecret('abc'));

  it('knows the secret of a hash, and no other, by turns', () => {
    for (let round = 0; round < 3; round += 1) {
      expect(isSecretOf(bytes, 'abc')).toBe(true);
      expect(isSecretOf(bytes, 'abd')).toBe(false);
      expect(isSecretOf(bytes, 'abc\u0000')).toBe(false);
    }
  });

  it.each(['', 'zz', hashSecret('abc').slice(2)])('takes the bytes of %j for nobody’s', (hash) => {
    expect(isSecretOf(hashBytes(hash), 'abc')).toBe(false);
  });
});
