import type { RateLimitDemand } from './rate-limit.js';
import { assessWindow, slideWindow, spanOf, spendOne, startWindow } from './sliding-window.js';

const demandOf = (limit: number, windowSeconds: number): RateLimitDemand => ({
  policy: 'client',
  group: 'g',
  tracker: 't',
  limit,
  windowSeconds,
});

/** Asks at each instant and returns those that were allowed. */
function allowedAt(demand: RateLimitDemand, instants: readonly number[]): number[] {
  let window = startWindow(instants[0] ?? 0);
  return instants.filter((now) => {
    window = slideWindow(window, spanOf(demand), now);
    const { allowed } = assessWindow(window, demand, now);
    if (allowed) window = spendOne(window);
    return allowed;
  });
}

const everyMillisecond = (until: number): number[] => Array.from({ length: until }, (_, n) => n);

describe('sliding window', () => {
  it.each([1, 2, 3, 7, 100])(
    'gives a greedy caller %d per window, window after window',
    (limit) => {
      const allowed = allowedAt(demandOf(limit, 1), everyMillisecond(5000));
      for (let start = 0; start < 5000; start += 1000) {
        const inWindow = allowed.filter((now) => now >= start && now < start + 1000);
        expect(inWindow).toHaveLength(limit);
      }
    },
  );

  it('never lets a burst at the edge of two windows double the limit', () => {
    const instants = [0, ...Array.from({ length: 300 }, (_, n) => 900 + n)];
    const allowed = allowedAt(demandOf(100, 1), instants);
    const burst = allowed.filter((now) => now >= 900);
    expect(burst.length).toBeLessThanOrEqual(99 + 21);
  });

  it('names the very millisecond from which one more is allowed', () => {
    const demand = demandOf(7, 1);
    let window = startWindow(0);
    let refused = 0;
    for (let now = 0; now < 4000; now++) {
      window = slideWindow(window, 1000, now);
      const state = assessWindow(window, demand, now);
      if (state.allowed) window = spendOne(window);
      else {
        refused++;
        const later = now + state.retryAfterSeconds * 1000;
        expect(assessWindow(slideWindow(window, 1000, later), demand, later).allowed).toBe(true);
      }
    }
    expect(refused).toBeGreaterThan(3000);
  });

  it('promises no more than it keeps: what remains may be spent at any pace until the reset', () => {
    const demand = demandOf(10, 1);
    let window = startWindow(0);
    for (let spent = 0; spent < 10; spent++) window = spendOne(window);
    window = slideWindow(window, 1000, 1500);
    let { remaining } = assessWindow(window, demand, 1500);
    for (let now = 1500; remaining > 0; now += 90, remaining--) {
      window = slideWindow(window, 1000, now);
      expect(assessWindow(window, demand, now).allowed).toBe(true);
      window = spendOne(window);
    }
  });

  it('a clock that was set back locks nobody out for longer than a window', () => {
    const demand = demandOf(1, 1);
    const spent = spendOne(startWindow(1_000_000));
    const back = slideWindow(spent, 1000, 5);
    expect(assessWindow(back, demand, 5)).toMatchObject({ allowed: false, retryAfterSeconds: 1 });
  });
});
