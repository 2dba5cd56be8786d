import { sampleCall } from '../../../../../test/support/usage.js';
import { OTHER, type UsageRow } from '../usage.js';
import { KnownSenders } from './known-senders.js';
import { UsageCounts } from './usage-counts.js';

const countsOf = (maxRows: number) => new UsageCounts(0, maxRows, new KnownSenders(10));

const sum = (rows: readonly UsageRow[]) => rows.reduce((total, { calls }) => total + calls, 0);

describe('Counts of a minute', () => {
  it('have one row for calls that are alike, and one more for each that differs', () => {
    const counts = countsOf(100);
    for (let call = 0; call < 1000; call += 1) counts.count(sampleCall());
    const differing = [
      { clientId: 'b' },
      { apiKeyId: '' },
      { userSubject: 'alice', userIssuer: 'https://a' },
      { userSubject: 'alice', userIssuer: 'https://b' },
      { route: '' },
      { method: 'POST' },
      { status: 201 },
      { refusal: 'ERR_RATE_LIMITED' },
      { address: '' },
      { country: '' },
      { userAgent: '' },
    ];
    for (const changes of [...differing, ...differing]) counts.count(sampleCall(changes));
    const rows = counts.rows();
    expect(rows.map(({ calls }) => calls).sort()).toEqual([1000, ...differing.map(() => 2)].sort());
    expect(counts.folded).toBe(0);
  });

  it('add up latency and cost, each call in one bucket', () => {
    const counts = countsOf(100);
    for (const latencyMs of [0, 5, 5.001, 250, 5000, 5001, Infinity]) {
      counts.count(sampleCall({ latencyMs: Math.min(latencyMs, 1e6), cost: 2 }));
    }
    const [row] = counts.rows();
    expect(row?.latency).toEqual([2, 1, 0, 0, 0, 1, 0, 0, 0, 1, 2]);
    expect(row).toMatchObject({ calls: 7, cost: 14, latencyMs: 1_010_261.001 });
  });

  it('fold the sender, and then everything, when there are too many: no call is lost', () => {
    const counts = countsOf(100);
    for (let call = 0; call < 5000; call += 1) {
      const number = String(call % 1000);
      counts.count(
        sampleCall({ clientId: `c${number}`, address: `a${number}`, route: `r${number}` }),
      );
    }
    const rows = counts.rows();
    expect(sum(rows)).toBe(5000);
    expect(rows.length).toBe(201);
    expect(rows.filter(({ address }) => address !== OTHER)).toHaveLength(100);
    expect(rows.filter(({ clientId }) => clientId === OTHER)).toMatchObject([{ calls: 4000 }]);
    expect(counts.folded).toBe(sum(rows.filter(({ address }) => address === OTHER)));
  });

  it('tell no more than 200 user agents apart, so that who writes new ones spoils no other row', () => {
    const counts = countsOf(10_000);
    for (let call = 0; call < 1000; call += 1) counts.count(sampleCall({ userAgent: `b/${call}` }));
    counts.count(sampleCall({ userAgent: 'b/7', clientId: 'honest' }));
    const rows = counts.rows();
    expect(rows).toHaveLength(202);
    expect(rows.find(({ userAgent }) => userAgent === OTHER)?.calls).toBe(800);
    expect(rows.find(({ clientId }) => clientId === 'honest')?.userAgent).toBe('b/7');
    expect(counts.folded).toBe(800);
  });

  it.each(['x'.repeat(257), 'a\0b', '\ud800'])('keep no text that no store can: %j', (text) => {
    const counts = countsOf(100);
    counts.count(sampleCall({ userSubject: text }));
    counts.count(sampleCall({ userSubject: text }));
    expect(counts.rows()).toMatchObject([{ userSubject: OTHER, calls: 2 }]);
  });
});
