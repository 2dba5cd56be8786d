import { createTestRecipient } from '../../../../test/support/nested-tokens.js';
import {
  resolveEncryptionKeyOptions,
  type EncryptionKeyOptions,
} from './encryption-key.options.js';
import { GivenDecryptionKeys } from './given-decryption-keys.js';

const ownTokens = { maxTokenLifetimeSeconds: 86_400, clockSkewSeconds: 30 };
const [first, second] = [
  createTestRecipient('first'),
  createTestRecipient('second', 'RSA-OAEP-256'),
];

function resolve(given: unknown, isNeeded = false) {
  const mistakes: string[] = [];
  const options = given as EncryptionKeyOptions | boolean | undefined;
  return { ...resolveEncryptionKeyOptions(options, isNeeded, ownTokens, mistakes), mistakes };
}

describe('Options of encryption keys', () => {
  it('make none unless they are asked for, or something needs them', () => {
    expect(resolve(undefined).keys).toBe('none');
    expect(resolve(false).keys).toBe('none');
    expect(resolve(true).keys).toBe('own');
    expect(resolve({}).keys).toBe('own');
    expect(resolve(undefined, true).keys).toBe('own');
  });

  it.each([
    [false, true, 'encryptionKeys must not be false'],
    ['false', false, 'encryptionKeys must be true, false or its options'],
    [null, false, 'encryptionKeys must be true, false or its options'],
    [{ rotateAfterSeconds: 299 }, false, 'encryptionKeys.rotateAfterSeconds'],
    [{ rotateAfterSeconds: NaN }, false, 'encryptionKeys.rotateAfterSeconds'],
    [{ retireAfterSeconds: 86_729 }, false, 'encryptionKeys.retireAfterSeconds must be 86730'],
    [{ checkEverySeconds: 0 }, false, 'encryptionKeys.checkEverySeconds'],
    [{ jwks: { keys: [] } }, false, 'encryptionKeys.jwks'],
    [{ jwks: {} }, false, 'encryptionKeys.jwks'],
    [{ jwks: { keys: [first.publicJwk] } }, false, 'encryptionKeys.jwks'],
    [{ jwks: { keys: [first.privateJwk, first.privateJwk] } }, false, 'encryptionKeys.jwks'],
    [{ jwks: { keys: [{ ...first.privateJwk, use: 'sig' }] } }, false, 'encryptionKeys.jwks'],
  ])('find the mistake in case %#', (given, isNeeded, mistake) => {
    expect(resolve(given, isNeeded).mistakes).toEqual([expect.stringContaining(mistake)]);
  });

  it('quote no private key in a mistake', () => {
    const [mistake = ''] = resolve({
      jwks: { keys: [{ ...first.privateJwk, alg: 'x' }] },
    }).mistakes;
    expect(mistake).not.toContain(first.privateJwk.d);
  });

  it('take keys that were made elsewhere: others encrypt to the first, all decrypt', () => {
    const { keys, mistakes } = resolve({ jwks: { keys: [first.privateJwk, second.privateJwk] } });
    expect(mistakes).toEqual([]);
    const given = new GivenDecryptionKeys(typeof keys === 'string' ? [] : keys);
    expect(given.current()).toEqual(first.publicJwk);
    expect(given.current()).toBe(given.current());
    for (const { kid, algorithm, privateKey } of [first, second]) {
      const found = given.find(kid);
      expect(found).toBe(given.find(kid));
      expect(found?.algorithm).toBe(algorithm);
      expect(found?.key.equals(privateKey)).toBe(true);
    }
    expect(given.find('third')).toBeNull();
  });
});
