import { sealedSet } from './sealed-set.js';

describe('A sealed set', () => {
  it('answers as a set does', () => {
    const set = sealedSet(['a', 'b']);
    expect([...set]).toEqual(['a', 'b']);
    expect([set.has('a'), set.has('c'), set.size]).toEqual([true, false, 2]);
    expect([...set.intersection(new Set(['b', 'c']))]).toEqual(['b']);
  });

  it.each(['add', 'delete', 'clear'] as const)('refuses to %s', (method) => {
    const set = sealedSet(['a']) as Set<string>;
    expect(() => set[method]('a')).toThrow(TypeError);
    expect([...set]).toEqual(['a']);
  });
});
