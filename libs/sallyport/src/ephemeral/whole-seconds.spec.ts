import { wholeSeconds } from './whole-seconds.js';

describe('wholeSeconds', () => {
  it.each([
    [60, 60],
    [59.001, 60],
    [0.2, 1],
    [0, 1],
    [-5, 1],
    [1e300, 3_153_600_000],
  ])('makes %d seconds %d', (ttlSeconds, whole) => {
    expect(wholeSeconds(ttlSeconds)).toBe(whole);
  });

  it.each([NaN, Infinity, -Infinity])('refuses %d', (ttlSeconds) => {
    expect(() => wholeSeconds(ttlSeconds)).toThrow(TypeError);
  });
});
