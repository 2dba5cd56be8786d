import { sampleRow } from './usage-samples.contract.js';
import { foldOldest } from './fold-usage.js';
import { OTHER, sumOf, type UsageRow } from './usage.js';

/** Minutes of calls of so many clients from so many addresses. */
function outage(minutes: number, clients: number, addresses: number): UsageRow[] {
  const rows: UsageRow[] = [];
  for (let index = 0; index < minutes * clients * addresses; index += 1) {
    const minute = Math.floor(index / clients / addresses);
    rows.push(
      sampleRow(new Date(Date.UTC(2030, 0, 1, 10, minute)).toISOString(), {
        clientId: `c${index % clients}`,
        address: `a${Math.floor(index / clients) % addresses}`,
      }),
    );
  }
  return rows;
}

const sums = (rows: readonly UsageRow[]) => ({
  calls: rows.reduce((sum, { calls }) => sum + calls, 0),
  slow: rows.reduce((sum, { latency }) => sum + (latency[1] ?? 0), 0),
});

describe('Folding what waits', () => {
  it('changes nothing that fits, but adds up what is alike', () => {
    const rows = outage(2, 2, 2);
    expect(foldOldest([...rows, ...rows], 8)).toEqual(
      rows.map((row) => ({ ...row, ...sumOf(row, row) })),
    );
  });

  it('takes detail from the oldest first', () => {
    const rows = foldOldest(outage(10, 2, 10), 150);
    const folded = rows.filter(({ address }) => address === OTHER);
    expect(Math.max(...folded.map(({ startsAt }) => startsAt.getUTCMinutes()))).toBe(4);
    expect(rows.length).toBeLessThanOrEqual(150);
  });

  it.each([
    [100, 5, 10, 600],
    [100, 5, 10, 20],
    [200, 50, 2, 100],
    [200, 5, 2, 4],
  ])(
    'of %i minutes, %i clients and %i addresses leaves at most what fits, and every sum',
    (...of) => {
      const [minutes, clients, addresses, most] = of;
      const rows = outage(minutes, clients, addresses);
      const folded = foldOldest(rows, most);
      expect(folded.length).toBeLessThanOrEqual(most);
      expect(sums(folded)).toEqual(sums(rows));
    },
  );
});
