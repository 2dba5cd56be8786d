import { VerifiedTokenCache, type BelievedToken } from './verified-token.cache.js';

const entry = (): BelievedToken => ({}) as BelievedToken;

describe('VerifiedTokenCache', () => {
  it('forgets what was used longest ago', () => {
    const cache = new VerifiedTokenCache(2);
    const [a, b, c] = [entry(), entry(), entry()];
    cache.set('a', a);
    cache.set('b', b);
    expect(cache.get('a')).toBe(a);
    cache.set('c', c);
    expect(cache.get('b')).toBeNull();
    expect(cache.get('a')).toBe(a);
    expect(cache.get('c')).toBe(c);
  });

  it('keeps nothing when it has room for nothing', () => {
    const cache = new VerifiedTokenCache(0);
    cache.set('a', entry());
    expect(cache.get('a')).toBeNull();
  });

  it('holds no text of a token', () => {
    const cache = new VerifiedTokenCache(2);
    cache.set('the-text', entry());
    expect(
      JSON.stringify([...(cache as unknown as { entries: Map<string, unknown> }).entries]),
    ).not.toContain('the-text');
  });
});
