import { generateKeyPairSync } from 'node:crypto';
import { ProofKeys, type ProofKey } from './proof-keys.js';

describe('ProofKeys', () => {
  const { publicKey } = generateKeyPairSync('ed25519');
  const under = (header: string): ProofKey => ({ key: publicKey, algorithm: 'EdDSA', header });

  it('forgets the key that came first when there are ten thousand', () => {
    const keys = new ProofKeys();
    for (let n = 0; n <= 10_000; n += 1) keys.set(String(n), under('a'));
    expect(keys.get('0')).toBeNull();
    expect(keys.get('1')?.key).toBe(publicKey);
    expect(keys.get('10000')?.key).toBe(publicKey);
  });

  it('keeps one header of a key, the last, and none that is long', () => {
    const keys = new ProofKeys();
    keys.set('k', under('a'));
    keys.set('k', under('b'));
    expect(keys.get('k')?.header).toBe('b');
    keys.set('k', under('x'.repeat(1025)));
    expect(keys.get('k')).toEqual({ ...under(''), header: null });
  });
});
