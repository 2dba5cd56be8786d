import { Limit } from './limit.js';
import { LocalCounts } from './local-counts.js';

const start = Date.parse('2030-01-01T00:00:00Z');
const demand = (tracker: string, windowSeconds = 60, limit = 1): Limit =>
  new Limit({ policy: 'address', group: 'address', tracker, limit, windowSeconds });

describe('LocalCounts', () => {
  it('holds no more trackers than it may, whatever floods it', () => {
    const limits = new LocalCounts(1000);
    for (let n = 0; n < 5000; n++) limits.consume([demand(`address ${n}`)], start);
    expect(limits.size).toBe(1000);
  });

  it('drops a tracker whose windows have ended before one that still counts', () => {
    const limits = new LocalCounts(2);
    limits.consume([demand('long', 3600)], start);
    limits.consume([demand('short', 1)], start);
    const later = start + 10_000;
    limits.consume([demand('new')], later);
    expect(limits.consume([demand('long', 3600)], later)[0]?.allowed).toBe(false);
  });

  it('shrinks again as windows end', () => {
    const limits = new LocalCounts(1000);
    for (let n = 0; n < 500; n++) limits.consume([demand(`address ${n}`)], start);
    const later = start + 121_000;
    for (let n = 0; n < 300; n++) limits.consume([demand(`other ${n}`)], later);
    expect(limits.size).toBeLessThanOrEqual(300);
  });

  it('goes on from where it was when the clock is set back: nobody is locked out until it has caught up', () => {
    const limits = new LocalCounts();
    const hours = 12 * 3_600_000;
    const spend = (now: number) => limits.consume([demand('address', 60, 3)], now)[0];
    for (const left of [2, 1, 0]) expect(spend(start + hours)?.remaining).toBe(left);
    expect(spend(start)?.allowed).toBe(false);
    expect(spend(start + 20_000)?.allowed).toBe(true);
    expect(spend(start + 20_000)?.allowed).toBe(false);
    expect(spend(start + 80_000)?.remaining).toBe(2);
  });

  it('remembers nothing of a refused request', () => {
    const limits = new LocalCounts();
    const [state] = limits.consume([demand('zero', 60, 0)], start);
    expect(state?.allowed).toBe(false);
    expect(limits.size).toBe(0);
  });
});
