import { createUsage, sampleCall } from '../../../../../test/support/usage.js';
import { rowKey } from '../usage.js';

describe('UsageMeter', () => {
  it('keeps minutes apart, and a call belongs to the one in which it ended', () => {
    const { meter, clock } = createUsage();
    const start = performance.now();
    meter.count(sampleCall(), start);
    clock.advance(59);
    meter.count(sampleCall(), start + 59_000);
    clock.advance(1);
    meter.count(sampleCall(), start + 60_000);
    expect(meter.take().rows).toMatchObject([
      { startsAt: new Date('2030-01-01T00:00:00Z'), calls: 2 },
      { startsAt: new Date('2030-01-01T00:01:00Z'), calls: 1 },
    ]);
  });

  it('follows a clock that is put back when it next hands over', () => {
    const { meter, clock } = createUsage();
    meter.count(sampleCall());
    clock.advance(-61);
    const before = meter.take().rows;
    meter.count(sampleCall());
    expect([...before, ...meter.take().rows].map(({ startsAt }) => startsAt.toISOString())).toEqual(
      ['2030-01-01T00:00:00.000Z', '2029-12-31T23:58:00.000Z'],
    );
  });

  it('hands over everything once', () => {
    const { meter, clock } = createUsage();
    meter.count(sampleCall());
    meter.use('shop', 'k1', clock.milliseconds());
    clock.advance(1);
    meter.use('shop', null, clock.milliseconds());
    const { rows, apiKeyUses, clientUses } = meter.take();
    expect(rows).toHaveLength(1);
    expect(apiKeyUses).toEqual([
      { apiKeyId: 'k1', count: 1, lastUsedAt: new Date('2030-01-01T00:00:00Z') },
    ]);
    expect(clientUses).toEqual([
      { clientId: 'shop', count: 2, lastUsedAt: new Date('2030-01-01T00:00:01Z') },
    ]);
    expect(meter.take()).toEqual({ rows: [], apiKeyUses: [], clientUses: [] });
  });

  it('knows how many calls it has folded since the start', () => {
    const { meter } = createUsage({ maxRows: 100 });
    for (let round = 0; round < 2; round += 1) {
      for (let call = 0; call < 150; call += 1) meter.count(sampleCall({ address: `a${call}` }));
      expect(meter.folded).toBe(50 * (round + 1));
      meter.take();
    }
    expect(meter.folded).toBe(100);
  });

  it('tells no more senders apart in an hour for handing over often, so that nobody can fill the store [C40]', () => {
    const { meter, clock } = createUsage({ maxRows: 1000 });
    const told = () => {
      const seen = new Set<string>();
      for (let n = 0; n < 3000; n += 1) {
        meter.count(sampleCall({ clientId: '', apiKeyId: '', address: `a${n}`, userAgent: '' }));
        meter.count(sampleCall({ userAgent: `b/${n}` }));
        if (n % 50 === 0) for (const row of meter.take().rows) seen.add(rowKey(row));
      }
      for (const row of meter.take().rows) seen.add(rowKey(row));
      return seen.size;
    };
    // A tenth of the rows for whom nobody knows, 200 user agents (theirs is one), and what is folded of both.
    expect(told()).toBe(100 + 199 + 2);
    clock.advance(3600);
    meter.take();
    expect(told()).toBe(100 + 199 + 2);
  });
});
