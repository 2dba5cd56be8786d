import { winnersOf20 } from '../transactions/transactions.contract.js';
import type { Transactions } from '../transactions/transaction.js';
import { sampleBatch, sampleQuery, sampleRow } from './usage-samples.contract.js';
import { cursorOf, type UsageQuery } from './usage-query.js';
import type { UsageStore } from './usage.store.js';
import { ERASED, GRANULARITIES, type ClientUse, type UsageRow } from './usage.js';

interface Opened {
  readonly transactions: Transactions;
  readonly usage: UsageStore;
  close(): Promise<void>;
}

const at = (text: string): Date => new Date(`2030-01-01T${text}Z`);
const user = { issuer: 'https://id.example.com', subject: "o'brien" };
const ofUser = { userIssuer: user.issuer, userSubject: user.subject };

/** What every UsageStore must do. */
export function describeUsageStore(open: () => Promise<Opened>): void {
  let stores: Opened;
  beforeEach(async () => {
    stores = await open();
  });
  afterEach(() => stores.close());

  const add = (...rows: UsageRow[]) => stores.transactions.run((tx) => stores.usage.add(rows, tx));
  const query = (changes: Partial<UsageQuery> = {}) => stores.usage.query(sampleQuery(changes));
  const calls = async (changes: Partial<UsageQuery> = {}) =>
    (await query(changes)).map(({ startsAt, calls: count }) => [startsAt.toISOString(), count]);
  const claim = (ids: readonly string[], when = at('10:00:00')) =>
    stores.transactions.run((tx) => stores.usage.claim(ids, when, tx));

  describe('batches', () => {
    const [first, second] = [sampleBatch(1).id, sampleBatch(2).id];

    it('are claimed once', async () => {
      expect(await claim([first, first])).toEqual([first]);
      expect([...(await claim([second, first]))]).toEqual([second]);
      expect(await claim([first, second])).toEqual([]);
      expect(await claim([])).toEqual([]);
    });

    it('are claimed by one of 20 transactions at once', async () => {
      expect(
        await winnersOf20(stores.transactions, async (tx) => {
          return (await stores.usage.claim([first], at('10:00:00'), tx)).length === 1;
        }),
      ).toBe(1);
    });

    it('can be claimed again when the transaction failed, and nothing of it was added', async () => {
      const failed = stores.transactions.run(async (tx) => {
        await stores.usage.claim([first], at('10:00:00'), tx);
        await stores.usage.add([sampleRow('2030-01-01T10:00:00Z')], tx);
        throw new Error('later step');
      });
      await expect(failed).rejects.toThrow('later step');
      expect(await query()).toEqual([]);
      expect(await claim([first])).toEqual([first]);
    });

    it('are forgotten when they are old, no more at a time than asked', async () => {
      await claim([first, second], at('10:00:00'));
      expect(await stores.usage.pruneBatches(at('10:00:00'), 10)).toBe(0);
      expect(await stores.usage.pruneBatches(at('10:00:01'), 1)).toBe(1);
      expect(await stores.usage.pruneBatches(at('10:00:01'), 10)).toBe(1);
      expect(await claim([first, second])).toHaveLength(2);
    });
  });

  it('adds up what is alike, by minute, hour and day', async () => {
    const row = sampleRow('2030-01-01T10:59:00Z', { refused: 1, cost: 3 });
    await add(row, row);
    await add({ ...row, latencyMs: 0.5, calls: 5 });
    for (const [granularity, start] of [
      ['minute', '10:59:00'],
      ['hour', '10:00:00'],
      ['day', '00:00:00'],
    ] as const) {
      const [only, ...others] = await query({ granularity });
      expect(others).toEqual([]);
      expect(only).toEqual({
        ...{ startsAt: at(start), group: {}, calls: 7, refused: 3, cost: 9, latencyMs: 15 },
        latency: [0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      });
    }
  });

  it('keeps apart what differs in one dimension alone', async () => {
    const row = sampleRow('2030-01-01T10:00:00Z');
    const others: Partial<UsageRow>[] = [
      { clientId: 'other' },
      { apiKeyId: 'k2' },
      ofUser,
      { route: 'A.b' },
      { method: 'POST' },
      { status: 403 },
      { refusal: 'ERR_RATE_LIMITED' },
      { address: '2001:db8::/64' },
      { country: '' },
      { userAgent: '' },
    ];
    await add(row, ...others.map((changes) => ({ ...row, ...changes })));
    const groupBy = ['clientId', 'apiKeyId', 'user', 'route', 'method', 'status'] as const;
    const rest = ['refusal', 'address', 'country', 'userAgent'] as const;
    const totals = await query({ groupBy: [...groupBy, ...rest] });
    expect(totals).toHaveLength(1 + others.length);
    expect(new Set(totals.map((total) => total.calls))).toEqual(new Set([1]));
  });

  it('finds what is within the range: the start is in it, the end is not', async () => {
    for (const time of ['09:59:00', '10:00:00', '10:01:00', '10:59:00', '11:00:00']) {
      await add(sampleRow(`2030-01-01T${time}Z`));
    }
    const range = { from: at('10:00:00'), to: at('11:00:00') };
    expect(await calls({ granularity: 'minute', ...range })).toEqual([
      ['2030-01-01T10:00:00.000Z', 1],
      ['2030-01-01T10:01:00.000Z', 1],
      ['2030-01-01T10:59:00.000Z', 1],
    ]);
    expect(await calls({ granularity: 'hour', ...range })).toEqual([
      ['2030-01-01T10:00:00.000Z', 3],
    ]);
  });

  it('counts days and hours in UTC, whatever the time zone of the server', async () => {
    await add(sampleRow('2030-03-30T23:59:00Z'), sampleRow('2030-03-31T00:00:00Z'));
    expect(await calls()).toEqual([
      ['2030-03-30T00:00:00.000Z', 1],
      ['2030-03-31T00:00:00.000Z', 1],
    ]);
  });

  it('groups, and sorts by start and then by group', async () => {
    const row = sampleRow('2030-01-01T10:00:00Z');
    await add({ ...row, clientId: 'b', calls: 2 }, { ...row, clientId: 'a', status: 500 });
    await add({ ...row, clientId: 'a', startsAt: new Date('2030-01-02T10:00:00Z') });
    const totals = await query({ groupBy: ['clientId', 'status'] });
    expect(totals.map(({ startsAt, group }) => [startsAt.getUTCDate(), group])).toEqual([
      [1, { clientId: 'a', status: 500 }],
      [1, { clientId: 'b', status: 200 }],
      [2, { clientId: 'a', status: 200 }],
    ]);
  });

  it('groups by user as issuer and subject', async () => {
    await add(sampleRow('2030-01-01T10:00:00Z', ofUser));
    expect((await query({ groupBy: ['user'] }))[0]?.group).toEqual(ofUser);
  });

  it('filters by what is there, and by what is not', async () => {
    const row = sampleRow('2030-01-01T10:00:00Z');
    await add(row, { ...row, ...ofUser, calls: 10 }, { ...row, status: 429, calls: 100 });
    expect(await calls({ filter: ofUser })).toMatchObject([[expect.anything(), 10]]);
    expect(await calls({ filter: { userSubject: '' } })).toMatchObject([[expect.anything(), 101]]);
    expect(await calls({ filter: { status: 429 } })).toMatchObject([[expect.anything(), 100]]);
    expect(await calls({ filter: { clientId: 'shop', status: 404 } })).toEqual([]);
  });

  it.each(["x' OR '1'='1", 'x\0', '\ud800', '%', ''])('finds nothing for %j', async (text) => {
    await add(sampleRow('2030-01-01T10:00:00Z'));
    expect(await query({ filter: { clientId: text } })).toEqual([]);
  });

  it('pages: each row comes once, in order', async () => {
    const row = sampleRow('2030-01-01T10:00:00Z');
    const clients = ['a', 'B', 'c', 'd', 'e'];
    for (const day of ['01', '02']) {
      const startsAt = new Date(`2030-01-${day}T10:00:00Z`);
      await add(...clients.map((clientId) => ({ ...row, clientId, startsAt })));
    }
    const seen: unknown[] = [];
    let page = await query({ groupBy: ['clientId'], limit: 3 });
    while (page.length > 0) {
      seen.push(...page);
      const last = page.at(-1);
      if (last === undefined) break;
      page = await query({ groupBy: ['clientId'], limit: 3, after: cursorOf(last) });
    }
    expect(seen).toHaveLength(10);
    expect(seen).toEqual(await query({ groupBy: ['clientId'] }));
  });

  it('takes a user out of their rows, a few at a time, and leaves the sums [C49]', async () => {
    const row = sampleRow('2030-01-01T10:00:00Z');
    const other = { ...ofUser, userSubject: 'alice' };
    const more = { ...row, ...ofUser, address: '198.51.100.1' };
    await add({ ...row, ...ofUser }, more, { ...row, ...other }, row);
    // Two rows in each of three granularities.
    expect(await stores.usage.eraseUser(user, 4)).toBe(4);
    expect(await stores.usage.eraseUser(user, 4)).toBe(2);
    expect(await stores.usage.eraseUser(user, 4)).toBe(0);
    for (const granularity of GRANULARITIES) {
      const totals = await query({
        granularity,
        groupBy: ['user', 'address', 'country', 'userAgent'],
      });
      expect(totals.map(({ group, calls: count }) => [group.userSubject, count])).toEqual([
        ['', 1],
        [ERASED, 2],
        ['alice', 1],
      ]);
      expect(totals[1]?.group).toMatchObject({ address: '', country: '', userAgent: '' });
    }
    expect(await stores.usage.eraseUser({ issuer: '', subject: '' }, 100)).toBe(0);
  });

  it('deletes what is old, by granularity, no more at a time than asked', async () => {
    await add(sampleRow('2030-01-01T10:00:00Z'), sampleRow('2030-01-01T10:01:00Z'));
    expect(await stores.usage.prune('minute', at('10:00:00'), 10)).toBe(0);
    expect(await stores.usage.prune('minute', at('10:02:00'), 1)).toBe(1);
    expect(await stores.usage.prune('minute', at('10:02:00'), 10)).toBe(1);
    expect(await calls({ granularity: 'minute' })).toEqual([]);
    expect(await calls({ granularity: 'hour' })).toHaveLength(1);
    expect(await stores.usage.prune('hour', at('11:00:00'), 10)).toBe(1);
    expect(await calls()).toEqual([['2030-01-01T00:00:00.000Z', 2]]);
  });

  describe('the last use of a client', () => {
    const use = (count: number, time: string): ClientUse => ({
      clientId: 'shop',
      count,
      lastUsedAt: at(time),
    });
    const record = (...uses: ClientUse[]) =>
      stores.transactions.run((tx) => stores.usage.recordClientUses(uses, tx));

    it('is null until there is one', async () => {
      expect(await stores.usage.clientUse('shop')).toBeNull();
      expect(await stores.usage.clientUse('\0')).toBeNull();
    });

    it('moves forward, never back, and uses add up [W7]', async () => {
      await record(use(1, '10:00:00'), use(2, '10:00:05.123'));
      await record(use(3, '09:00:00'));
      await record();
      expect(await stores.usage.clientUse('shop')).toEqual(use(6, '10:00:05.123'));
    });
  });

  it('loses nothing when 20 transactions add the same rows in any order [T12]', async () => {
    const rows = Array.from({ length: 10 }, (_, index) =>
      sampleRow('2030-01-01T10:00:00Z', { clientId: `c${String(index)}` }),
    );
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        add(...(index % 2 === 0 ? rows : [...rows].reverse())),
      ),
    );
    const totals = await query({ groupBy: ['clientId'] });
    expect(totals.map((total) => total.calls)).toEqual(Array<number>(10).fill(20));
  });
}
