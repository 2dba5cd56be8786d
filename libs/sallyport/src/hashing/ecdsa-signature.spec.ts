import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { derOfJose, joseOfDer } from './ecdsa-signature.js';

const data = Buffer.from('text');

describe('the two spellings of an ECDSA signature', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const asJose = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;

  it('are the same numbers, however many zeros they begin with', () => {
    // One number in 256 begins with a zero byte, and half of them need one in front to stay positive.
    for (let round = 0; round < 2000; round += 1) {
      const der = sign('sha256', data, privateKey);
      const jose = joseOfDer(der);
      expect(jose).toHaveLength(64);
      expect(derOfJose(jose)).toEqual(der);
      if (round < 50) expect(verify('sha256', data, asJose, jose)).toBe(true);
    }
  });

  it('turns what Node signs as JOSE does into what it verifies by itself', () => {
    const jose = sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const der = derOfJose(jose);
    expect(der !== null && verify('sha256', data, publicKey, der)).toBe(true);
  });

  it.each([
    ['zeros', Buffer.alloc(64)],
    ['the largest numbers', Buffer.alloc(64, 0xff)],
    ['a one', Buffer.from(`${'00'.repeat(31)}01`.repeat(2), 'hex')],
  ])('takes %s there and back, and finds no signature in them', (_what, jose) => {
    const der = derOfJose(jose) ?? Buffer.alloc(0);
    expect(joseOfDer(der)).toEqual(jose);
    expect(verify('sha256', data, publicKey, der)).toBe(false);
  });

  it.each([0, 63, 65, 128])('knows that %i bytes are no signature', (length) => {
    expect(derOfJose(Buffer.alloc(length, 1))).toBeNull();
  });
});
