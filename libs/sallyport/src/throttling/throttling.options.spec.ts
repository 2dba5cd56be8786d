import { resolveThrottlingOptions } from './throttling.options.js';

describe('throttling options', () => {
  it('are complete and frozen without any option', () => {
    const mistakes: string[] = [];
    const resolved = resolveThrottlingOptions(undefined, mistakes);
    expect(mistakes).toEqual([]);
    expect(resolved.address).toEqual({ limit: 300, windowSeconds: 60 });
    expect(resolved.client.writes).toEqual({ limit: 120, windowSeconds: 60 });
    expect(Object.isFrozen(resolved) && Object.isFrozen(resolved.client.reads)).toBe(true);
  });

  it('a plan inherits what it does not say', () => {
    const writes = { limit: 7, windowSeconds: 1 };
    const { plans } = resolveThrottlingOptions({ client: { writes }, plans: { free: {} } }, []);
    expect(plans.get('free')?.writes).toEqual(writes);
  });

  it('keeps 0 and false as values', () => {
    const zero = { limit: 0, windowSeconds: 60 };
    const resolved = resolveThrottlingOptions({ address: false, client: { reads: zero } }, []);
    expect(resolved.address).toBeNull();
    expect(resolved.client.reads).toEqual(zero);
  });

  it.each([-1, 1.5, NaN, Infinity])('names every limit that is %d', (limit) => {
    const mistakes: string[] = [];
    const rule = { limit, windowSeconds: 0 };
    resolveThrottlingOptions({ address: rule, plans: { gold: { reads: rule } } }, mistakes);
    expect(mistakes).toHaveLength(4);
    expect(mistakes[2]).toContain('throttling.plans.gold.reads.limit');
  });

  it.each(['client', 'user-day', 'failures', 'anomaly', 'sign-in', 'api-key-writes'])(
    'keep the name %s for a limit of our own',
    (name) => {
      const mistakes: string[] = [];
      resolveThrottlingOptions({ policies: { [name]: { limit: 1, windowSeconds: 1 } } }, mistakes);
      expect(mistakes).toEqual([expect.stringContaining(`throttling.policies.${name}`)]);
    },
  );
});
