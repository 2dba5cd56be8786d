import { createHmac, createSecretKey } from 'node:crypto';
import { derivedKey } from '../../libs/sallyport/src/encryption/derived-keys.js';

/** RFC 5869 §2, as it is written there. */
function hkdf(secret: Buffer, info: string): Buffer {
  const extracted = createHmac('sha256', Buffer.alloc(32)).update(secret).digest();
  return createHmac('sha256', extracted)
    .update(info)
    .update(Buffer.from([1]))
    .digest();
}

describe('RFC 5869, keys derived from a signing secret', () => {
  const secret = Buffer.from('0b'.repeat(32), 'hex');
  const keyId = 'k3V9mD0qXc7LpW2s';

  it.each(['request', 'response'] as const)(
    '§2 the key for a %s is extracted without salt, and expanded by purpose and key id [C48]',
    (purpose) => {
      const key = derivedKey(createSecretKey(secret), purpose, keyId);
      const info = `sallyport ${purpose} encryption v1 ${keyId}`;
      expect(key.export()).toEqual(hkdf(secret, info));
    },
  );

  it('§3.2 purposes, key ids and secrets that differ give keys that differ', () => {
    const of = (bytes: Buffer, purpose: 'request' | 'response', id: string) =>
      derivedKey(createSecretKey(bytes), purpose, id).export().toString('hex');
    const keys = [
      of(secret, 'request', keyId),
      of(secret, 'response', keyId),
      of(secret, 'request', 'A'.repeat(16)),
      of(Buffer.alloc(32), 'request', keyId),
      secret.toString('hex'),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('is derived once for a secret, a purpose and an id', () => {
    const of = createSecretKey(secret);
    expect(derivedKey(of, 'request', keyId)).toBe(derivedKey(of, 'request', keyId));
    expect(derivedKey(of, 'request', keyId)).not.toBe(derivedKey(of, 'response', keyId));
  });
});
