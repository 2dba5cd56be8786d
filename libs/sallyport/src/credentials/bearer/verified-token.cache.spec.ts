import { nameOfToken, VerifiedTokenCache, type BelievedToken } from './verified-token.cache.js';

const entry = (): BelievedToken => ({}) as BelievedToken;

describe('VerifiedTokenCache', () => {
  it('forgets what was not used while half its capacity came in', () => {
    const cache = new VerifiedTokenCache(4);
    const [a, b, c, d] = [entry(), entry(), entry(), entry()];
    cache.set('a', a);
    cache.set('b', b);
    cache.set('c', c); // a and b grow old
    expect(cache.get('a')).toBe(a); // used: young again
    cache.set('d', d); // a and c grow old
    expect(cache.get('b')).toBeNull();
    expect(cache.get('a')).toBe(a);
    expect(cache.get('d')).toBe(d);
  });

  it.each([1, 2, 3, 10])(
    'holds no more than a capacity of %i asks for, or one more',
    (capacity) => {
      const cache = new VerifiedTokenCache(capacity);
      const names = Array.from({ length: 100 }, (_, index) => `token ${index}`);
      for (const name of names) cache.set(name, entry());
      const held = names.filter((name) => cache.get(name) !== null).length;
      expect(held).toBeGreaterThanOrEqual(1);
      expect(held).toBeLessThanOrEqual(capacity + 1);
    },
  );

  it('keeps nothing when it has room for nothing', () => {
    const cache = new VerifiedTokenCache(0);
    cache.set('a', entry());
    expect(cache.get('a')).toBeNull();
  });

  it('forgets what is deleted, of either generation', () => {
    const cache = new VerifiedTokenCache(2);
    cache.set('a', entry());
    cache.set('b', entry());
    cache.delete('a');
    cache.delete('b');
    expect([cache.get('a'), cache.get('b')]).toEqual([null, null]);
  });

  it('knows a token by a hash, which holds nothing of its text', () => {
    expect(nameOfToken('the-text')).toHaveLength(32);
    expect(nameOfToken('the-text')).not.toBe(nameOfToken('the-texs'));
    expect(nameOfToken('the-text')).not.toContain('the');
  });
});
