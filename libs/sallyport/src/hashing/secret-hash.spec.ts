import { hashSecret, isSameHash } from './secret-hash.js';

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
