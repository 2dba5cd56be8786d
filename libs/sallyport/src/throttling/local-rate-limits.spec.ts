import { LocalRateLimits } from './local-rate-limits.js';
import type { RateLimitDemand } from './rate-limit.js';

const start = new Date('2030-01-01T00:00:00Z');
const demand = (tracker: string, windowSeconds = 60): RateLimitDemand => ({
  policy: 'address',
  group: 'address',
  tracker,
  limit: 1,
  windowSeconds,
});

describe('LocalRateLimits', () => {
  it('holds no more trackers than it may, whatever floods it', () => {
    const limits = new LocalRateLimits(1000);
    for (let n = 0; n < 5000; n++) limits.consume([demand(`address ${n}`)], start);
    expect(limits.size).toBe(1000);
  });

  it('drops a tracker whose windows have ended before one that still counts', () => {
    const limits = new LocalRateLimits(2);
    limits.consume([demand('long', 3600)], start);
    limits.consume([demand('short', 1)], start);
    const later = new Date(start.getTime() + 10_000);
    limits.consume([demand('new')], later);
    expect(limits.consume([demand('long', 3600)], later)[0]?.allowed).toBe(false);
  });

  it('shrinks again as windows end', () => {
    const limits = new LocalRateLimits(1000);
    for (let n = 0; n < 500; n++) limits.consume([demand(`address ${n}`)], start);
    const later = new Date(start.getTime() + 121_000);
    for (let n = 0; n < 300; n++) limits.consume([demand(`other ${n}`)], later);
    expect(limits.size).toBeLessThanOrEqual(300);
  });

  it('remembers nothing of a refused request', () => {
    const limits = new LocalRateLimits();
    const [state] = limits.consume([{ ...demand('zero'), limit: 0 }], start);
    expect(state?.allowed).toBe(false);
    expect(limits.size).toBe(0);
  });
});
