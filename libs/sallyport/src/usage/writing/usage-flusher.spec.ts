import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { createUsage, createUsageOn, sampleCall } from '../../../../../test/support/usage.js';
import { SallyportError } from '../../errors.js';
import { sampleQuery } from '../usage-samples.contract.js';
import type { UsageBatch } from '../usage-batch.js';

const away = () => new SallyportError('ERR_STORE_UNAVAILABLE');

describe('UsageFlusher', () => {
  type Usage = ReturnType<typeof createUsage>;
  let usage: Usage;
  let warnings: jest.Spied<Logger['warn']>;
  beforeEach(() => {
    usage = createUsage({ maxRows: 100 });
    warnings = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  });
  afterEach(() => jest.restoreAllMocks());

  const count = (calls: number, changes = {}) => {
    for (let call = 0; call < calls; call += 1) usage.meter.count(sampleCall(changes));
  };
  const stored = async () => {
    const rows = await usage.usage.query(sampleQuery());
    return rows.reduce((sum, { calls }) => sum + calls, 0);
  };

  it('writes nothing when a request is counted, and one batch at the flush [W7]', async () => {
    const writes = jest.spyOn(usage.usage, 'add');
    count(1000);
    usage.meter.use('shop', 'k1', Date.now());
    expect(writes).not.toHaveBeenCalled();
    await usage.flusher.flush();
    await usage.flusher.flush();
    expect(writes).toHaveBeenCalledTimes(1);
    expect(await stored()).toBe(1000);
    expect(await usage.usage.clientUse('shop')).toMatchObject({ count: 1 });
  });

  it('loses no count with flushes in between [T12]', async () => {
    const flushes: Promise<void>[] = [];
    for (let call = 0; call < 20_000; call += 1) {
      usage.meter.count(sampleCall({ clientId: `c${call % 60}` }));
      if (call % 999 === 0) flushes.push(usage.flusher.flush());
      if (call % 777 === 0) usage.clock.advance(7);
    }
    await Promise.all(flushes);
    await usage.flusher.stop();
    expect(await stored()).toBe(20_000);
  });

  it('keeps what it cannot write, says so once, and writes it when the store is back [T12]', async () => {
    const store = jest.spyOn(usage.transactions, 'run').mockRejectedValue(away());
    for (let flush = 0; flush < 3; flush += 1) {
      count(10);
      usage.clock.advance(60);
      await usage.flusher.flush();
    }
    expect(warnings).toHaveBeenCalledTimes(1);
    store.mockRestore();
    await usage.flusher.flush();
    expect(await stored()).toBe(30);
    const minutes = await usage.usage.query(sampleQuery({ granularity: 'minute' }));
    expect(minutes.map(({ calls }) => calls)).toEqual([10, 10, 10]);
  });

  it('counts a batch once whose answer got lost, from the buffer or the store', async () => {
    const push = usage.buffer.push.bind(usage.buffer);
    jest.spyOn(usage.buffer, 'push').mockImplementationOnce(async (batch) => {
      await push(batch);
      throw away();
    });
    count(5);
    await usage.flusher.flush(); // pushed, and written past the buffer too
    expect(await stored()).toBe(5);

    const run = usage.transactions.run.bind(usage.transactions);
    jest.spyOn(usage.transactions, 'run').mockImplementationOnce(async (work) => {
      await run(work);
      throw away();
    });
    count(7);
    await usage.flusher.flush();
    await usage.flusher.flush();
    expect(await stored()).toBe(12);
  });

  it('goes past a buffer that is away', async () => {
    for (const method of ['push', 'peek'] as const) {
      jest.spyOn(usage.buffer, method).mockRejectedValue(away());
    }
    count(5);
    await usage.flusher.flush();
    expect(await stored()).toBe(5);
  });

  it('loses and doubles nothing when the one that drains dies midway', async () => {
    count(5);
    const dying = createUsageOn({ ...usage, transactions: usage.transactions });
    dying.meter.count(sampleCall());
    // It dies after the commit and before it removes the batches, or before the commit.
    jest.spyOn(usage.buffer, 'remove').mockRejectedValueOnce(away());
    await dying.flusher.flush();
    jest.spyOn(usage.transactions, 'run').mockRejectedValueOnce(away());
    await dying.flusher.flush();
    await dying.flusher.stop(); // its hold ends
    await usage.flusher.flush();
    expect(await stored()).toBe(6);
    expect(await usage.buffer.peek('any', 10)).toEqual([]);
  });

  it.each([
    ['the database cannot hold', new TypeError('bad text')],
    ['the store refuses', new SallyportError('ERR_INPUT_INVALID')],
    ['is too large', Object.assign(new Error('row is too big'), { code: '54000' })],
  ])('leaves a batch out that %s, and writes those beside it', async (_, refusal) => {
    const add = usage.usage.add.bind(usage.usage);
    jest.spyOn(usage.usage, 'add').mockImplementation(async (rows, transaction) => {
      if (rows.some(({ clientId }) => clientId === 'poison')) throw refusal;
      await add(rows, transaction);
    });
    const batches: UsageBatch[] = [];
    for (const clientId of ['a', 'poison', 'b']) {
      count(1, { clientId });
      usage.clock.advance(1);
      jest.spyOn(usage.buffer, 'peek').mockResolvedValueOnce([]);
      await usage.flusher.flush();
      batches.push(...(await usage.buffer.peek('x', 10)));
      await usage.buffer.release('x');
    }
    expect(batches.length).toBeGreaterThan(0);
    await usage.flusher.flush();
    expect(await stored()).toBe(2);
  });

  it('drops nothing while the tables are not there or not ours to write', async () => {
    const missing = Object.assign(new Error('relation "usage" does not exist'), { code: '42P01' });
    const store = jest.spyOn(usage.transactions, 'run').mockRejectedValue(missing);
    count(3);
    await usage.flusher.flush();
    await usage.flusher.flush();
    store.mockRestore();
    await usage.flusher.flush();
    expect(await stored()).toBe(3);
  });

  it('bounds what waits while every store is away, and loses no call', async () => {
    jest.spyOn(usage.buffer, 'push').mockResolvedValue(false);
    const store = jest.spyOn(usage.transactions, 'run').mockRejectedValue(away());
    for (let minute = 0; minute < 50; minute += 1) {
      for (let call = 0; call < 90; call += 1) count(1, { address: `a${call}` });
      usage.clock.advance(60);
      await usage.flusher.flush();
      // The batch that was sent and is not known to have arrived comes on top.
      expect(usage.service.report().waitingRows).toBeLessThanOrEqual(2 * 100 + 500);
    }
    expect(usage.service.report().foldedCalls).toBeGreaterThan(0);
    store.mockRestore();
    await usage.flusher.flush();
    expect(await stored()).toBe(50 * 90);
  });

  it('flushes every five seconds until the app shuts down, and then a last time', async () => {
    jest.useFakeTimers();
    try {
      const flush = jest.spyOn(usage.flusher, 'flush');
      usage.flusher.onApplicationBootstrap();
      jest.advanceTimersByTime(10_000);
      expect(flush).toHaveBeenCalledTimes(2);
      await usage.flusher.beforeApplicationShutdown();
      jest.advanceTimersByTime(10_000);
      expect(flush).toHaveBeenCalledTimes(3);
    } finally {
      jest.useRealTimers();
    }
  });
});
