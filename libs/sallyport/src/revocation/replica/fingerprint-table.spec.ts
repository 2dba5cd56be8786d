import { createHash } from 'node:crypto';
import { fingerprintOf, type Fingerprint } from './fingerprint.js';
import { EpochTable, FinalTable, FOR_EVER, PARTS } from './fingerprint-table.js';

const digest = (name: string) => createHash('sha256').update(name).digest();
const fingerprint = (name: string): Fingerprint => fingerprintOf(digest(name));
/** Few shards and few homes, so that entries get in each other's way. */
const crowded = (name: string): Fingerprint => {
  const { high, low } = fingerprint(name);
  return { high: high % 3, low: 1 + (low % 7) * 0x2000_0000 + (low % 50) };
};

/** Always the same numbers. */
function* numbers(): Generator<number> {
  for (let state = 12_345; ;) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    yield state >>> 8;
  }
}

describe.each([
  ['fingerprints of 64 bits', fingerprint],
  ['fingerprints in each other’s way', crowded],
])('Tables of %s', (_, of) => {
  it('hold what a Map would, while entries come and run out', () => {
    const table = new FinalTable();
    const known = new Map<string, number>();
    const wrong: number[] = [];
    const random = numbers();
    const next = (below: number): number => (random.next().value as number) % below;
    for (let now = 0; now < 120; now++) {
      for (let count = 0; count < 20; count++) {
        const { high, low } = of(`entry ${next(600)}`);
        const until = now + 1 + next(60);
        table.add(high, low, until);
        const name = `${high} ${low}`;
        known.set(name, Math.max(until, known.get(name) ?? 0));
      }
      for (let part = 0; part < PARTS; part++) table.sweep(part, now);
      for (const [name, until] of known) if (until <= now) known.delete(name);
      expect(table.size).toBe(known.size);
      for (let entry = 0; entry < 600; entry += 7) {
        const { high, low } = of(`entry ${entry}`);
        if (table.has(high, low, now) !== known.has(`${high} ${low}`)) wrong.push(entry);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('never take an epoch or a time back', () => {
    const table = new EpochTable(FOR_EVER);
    const known = new Map<string, { epoch: number; at: number }>();
    const random = numbers();
    const next = (below: number): number => (random.next().value as number) % below;
    for (let count = 0; count < 5000; count++) {
      const { high, low } = of(`entry ${next(800)}`);
      const [epoch, at] = [next(100), next(100)];
      table.raise(high, low, epoch, at);
      const name = `${high} ${low}`;
      const before = known.get(name) ?? { epoch: 0, at: 0 };
      known.set(name, { epoch: Math.max(before.epoch, epoch), at: Math.max(before.at, at) });
    }
    expect(table.size).toBe(known.size);
    const found = new Map<string, { epoch: number; at: number }>();
    for (let entry = 0; entry < 1000; entry++) {
      const { high, low } = of(`entry ${entry}`);
      const [epoch, at] = [table.epoch(high, low), table.changedAt(high, low)];
      if (epoch > 0 || at > 0) found.set(`${high} ${low}`, { epoch, at });
    }
    for (const [name, { epoch, at }] of known) if (epoch + at === 0) known.delete(name);
    expect(found).toEqual(known);
  });
});

describe('Compact tables', () => {
  const fill = (count: number, add: (one: Fingerprint) => void) => {
    for (let entry = 0; entry < count; entry++) add(fingerprint(`entry ${entry}`));
  };

  it.each([3000, 10_000, 40_000])(
    'take no more than 24 bytes an entry for %i entries [N2]',
    (count) => {
      const [finals, epochs] = [new FinalTable(), new EpochTable(FOR_EVER)];
      fill(count, ({ high, low }) => {
        finals.add(high, low, 9);
        epochs.raise(high, low, 1, 1);
      });
      expect(finals.bytes / count).toBeLessThanOrEqual(24);
      expect(epochs.bytes / count).toBeLessThanOrEqual(24);
    },
  );

  it('give memory back when most has run out', () => {
    const table = new FinalTable();
    fill(20_000, ({ high, low }) => {
      table.add(high, low, 10);
    });
    const { bytes } = table;
    for (let part = 0; part < PARTS; part++) table.sweep(part, 10);
    expect(table.size).toBe(0);
    expect(table.bytes).toBeLessThan(bytes / 10);
  });

  it('takes the same epoch of a later second for news: a store that lagged behind counts again', () => {
    const table = new EpochTable(60);
    const { high, low } = fingerprint('client shop');
    expect(table.raise(high, low, 7, 100)).toBe(true);
    expect(table.raise(high, low, 7, 100)).toBe(false);
    expect(table.raise(high, low, 7, 101)).toBe(true);
    expect(table.raise(high, low, 2, 101)).toBe(false);
    expect(table.raise(high, low, 2, 102)).toBe(true);
    expect(table.epoch(high, low)).toBe(7);
  });

  it('forget the role versions that no living token can carry', () => {
    const table = new EpochTable(60);
    const { high, low } = fingerprint('alice in mobile-app');
    table.raise(high, low, 3, 100);
    for (const [now, epoch] of [
      [159, 3],
      [160, 0],
    ] as const) {
      for (let part = 0; part < PARTS; part++) table.sweep(part, now);
      expect(table.epoch(high, low)).toBe(epoch);
    }
  });
});
