import { generateKeyPairSync } from 'node:crypto';
import { ProofKeys } from './proof-keys.js';

describe('ProofKeys', () => {
  const { publicKey } = generateKeyPairSync('ed25519');

  it('forgets the key that came first when there are ten thousand', () => {
    const keys = new ProofKeys();
    for (let n = 0; n <= 10_000; n += 1) keys.set(String(n), publicKey);
    expect(keys.get('0')).toBeNull();
    expect(keys.get('1')).toBe(publicKey);
    expect(keys.get('10000')).toBe(publicKey);
  });
});
