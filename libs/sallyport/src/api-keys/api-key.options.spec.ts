import { resolveApiKeyOptions, type ApiKeyOptions } from './api-key.options.js';

const mistakesIn = (options: ApiKeyOptions): string[] => {
  const mistakes: string[] = [];
  resolveApiKeyOptions(options, false, mistakes);
  return mistakes;
};

describe('resolveApiKeyOptions', () => {
  it('gives keys 90 days by default, a year at most, and an overlap of a day [C30]', () => {
    expect(resolveApiKeyOptions({}, false, [])).toEqual({
      prefix: 'sp',
      environment: 'live',
      lifetimeSeconds: 7_776_000,
      maxLifetimeSeconds: 31_536_000,
      overlapSeconds: 86_400,
      foreignPrefixes: [],
      presets: {},
    });
  });

  it('makes test keys in development unless told otherwise', () => {
    expect(resolveApiKeyOptions({}, true, []).environment).toBe('test');
    expect(resolveApiKeyOptions({ environment: 'live' }, true, []).environment).toBe('live');
  });

  it.each<ApiKeyOptions>([
    { prefix: 'SP' },
    { prefix: '' },
    { prefix: 'sp_' },
    { environment: 'prod' as 'live' },
    { lifetimeSeconds: 0 },
    { lifetimeSeconds: 1.5 },
    { lifetimeSeconds: NaN },
    { lifetimeSeconds: 31_536_001 },
    { maxLifetimeSeconds: 1e15 },
    { overlapSeconds: -1 },
    { overlapSeconds: 30 * 86_400 + 1 },
    { foreignPrefixes: ['o'] },
    { foreignPrefixes: ['old key'] },
    { presets: { read: 'invoices:read' as unknown as string[] } },
    { presets: { read: ['invoices read'] } },
    { presets: { root: ['invoices:read'] } as ApiKeyOptions['presets'] & object },
  ])('names the mistake in %j', (options) => {
    expect(mistakesIn(options)).toHaveLength(1);
  });

  it.each(['sp', 'sp_', 'sp_live', 'sp_live_'])(
    'refuses the foreign prefix %j, with which keys of ours can begin',
    (prefix) => {
      expect(mistakesIn({ foreignPrefixes: [prefix] })).toHaveLength(1);
    },
  );

  it.each(['spx', 'sk_live_', 'old-'])('accepts the foreign prefix %j', (prefix) => {
    expect(mistakesIn({ foreignPrefixes: [prefix] })).toEqual([]);
  });
});
