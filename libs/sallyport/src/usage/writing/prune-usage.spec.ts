import { jest } from '@jest/globals';
import { createUsage, sampleCall } from '../../../../../test/support/usage.js';
import { sampleQuery } from '../usage-samples.contract.js';
import { GRANULARITIES } from '../usage.js';

const DAY = 86_400;

/** With what happens beside it. */
async function flush({ flusher }: ReturnType<typeof createUsage>): Promise<void> {
  await flusher.flush();
  await new Promise((resolve) => setImmediate(resolve));
}

describe('PruneUsage', () => {
  it('keeps minutes, hours and days for as long as it was told', async () => {
    const usage = createUsage({ retentionDays: { minute: 1, hour: 2, day: 3 } });
    const left = async () => {
      const counts: number[] = [];
      for (const granularity of GRANULARITIES) {
        counts.push((await usage.usage.query(sampleQuery({ granularity }))).length);
      }
      return counts;
    };
    usage.meter.count(sampleCall());
    await flush(usage);
    expect(await left()).toEqual([1, 1, 1]);
    usage.clock.advance(DAY);
    await flush(usage);
    expect(await left()).toEqual([1, 1, 1]);
    usage.clock.advance(60 * 60 + 1);
    await flush(usage);
    expect(await left()).toEqual([0, 1, 1]);
    usage.clock.advance(DAY);
    await flush(usage);
    expect(await left()).toEqual([0, 0, 1]);
    usage.clock.advance(DAY);
    await flush(usage);
    expect(await left()).toEqual([0, 0, 0]);
  });

  it('runs once an hour', async () => {
    const usage = createUsage();
    const runs: Date[] = [];
    const { run } = usage.pruner;
    usage.pruner.run = () => {
      runs.push(usage.clock.now());
      return run.call(usage.pruner);
    };
    for (let minute = 0; minute < 150; minute += 1) {
      await flush(usage);
      usage.clock.advance(60);
    }
    expect(runs).toHaveLength(3);
  });

  it('goes on at the next flush for as long as there is more, however much has piled up [N2]', async () => {
    const usage = createUsage();
    let left = 1_000_000;
    const prune = jest
      .spyOn(usage.usage, 'prune')
      .mockImplementation((_granularity, _before, limit) => {
        const pruned = Math.min(left, limit);
        left -= pruned;
        return Promise.resolve(pruned);
      });
    for (let second = 0; second < 60 && left > 0; second += 5) {
      await flush(usage);
      usage.clock.advance(5);
    }
    expect(left).toBe(0);
    prune.mockClear();
    await flush(usage);
    usage.clock.advance(5);
    prune.mockClear();
    await flush(usage);
    expect(prune).not.toHaveBeenCalled();
  });

  it('holds up no flush, and ends when the app does', async () => {
    const usage = createUsage();
    const pruning = Promise.withResolvers<number>();
    const prune = jest.spyOn(usage.usage, 'prune').mockReturnValue(pruning.promise);
    usage.meter.count(sampleCall());
    await usage.flusher.flush();
    usage.meter.count(sampleCall());
    await usage.flusher.flush();
    expect(await usage.usage.query(sampleQuery())).toMatchObject([{ calls: 2 }]);
    const stopped = usage.flusher.stop();
    pruning.resolve(1000);
    await stopped;
    expect(prune).toHaveBeenCalledTimes(1);
  });
});
