import { resolveUsageOptions, type UsageOptions } from './usage.options.js';

describe('Usage options', () => {
  it('are off unless something is said', () => {
    expect(resolveUsageOptions(undefined, []).isOn).toBe(false);
    expect(resolveUsageOptions(false, []).isOn).toBe(false);
    expect(resolveUsageOptions({}, []).isOn).toBe(true);
    expect(resolveUsageOptions(true, [])).toEqual({
      isOn: true,
      flushSeconds: 5,
      maxRows: 10_000,
      addresses: 'block',
      countryOf: null,
      users: true,
      retentionDays: { minute: 2, hour: 62, day: 400 },
    });
  });

  it.each<[UsageOptions, RegExp]>([
    [{ flushSeconds: 0 }, /flushSeconds/],
    [{ flushSeconds: NaN }, /flushSeconds/],
    [{ flushSeconds: 61 }, /flushSeconds/],
    [{ maxRows: 1.5 }, /maxRows/],
    [{ maxRows: 10 }, /maxRows/],
    [{ addresses: 'hashed' as 'off' }, /addresses/],
    [{ users: 'no' as unknown as boolean }, /users/],
    [{ retentionDays: { day: 0 } }, /retentionDays/],
  ])('refuse %j', (options, mistake) => {
    const mistakes: string[] = [];
    resolveUsageOptions(options, mistakes);
    expect(mistakes).toEqual([expect.stringMatching(mistake)]);
  });

  it('refuse what is no options at all', () => {
    const mistakes: string[] = [];
    resolveUsageOptions('yes' as unknown as boolean, mistakes);
    expect(mistakes).toEqual([expect.stringMatching(/true, false or its options/)]);
  });
});
