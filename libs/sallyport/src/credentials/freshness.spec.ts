import { secondsToRemember } from './freshness.js';

describe('What was made at a time', () => {
  const skew = 30;
  const remembered = (now: number) => secondsToRemember({ at: 1000, until: 1060 }, { now, skew });

  it.each([
    [969, null],
    [970, 151],
    [1000, 121],
    [1090, 31],
    [1091, null],
  ])('is at %i to be remembered for %j seconds', (now, seconds) => {
    expect(remembered(now)).toBe(seconds);
  });

  it('is remembered for as long as an instance takes it whose clock is behind by the skew', () => {
    for (let now = 970; now <= 1090; now += 10) {
      const until = now + (remembered(now) ?? 0);
      expect(remembered(until - skew)).toBeNull();
    }
  });
});
