import { ThrottlerStorageService } from '@nestjs/throttler';
import { setTimeout as sleep } from 'node:timers/promises';
import { FrozenClock } from '../testing/frozen-clock.js';
import { MemoryThrottlerStorage } from './memory-throttler.storage.js';
import { describeThrottlerStorage } from './throttler-storage.contract.js';

describe('MemoryThrottlerStorage', () => {
  describeThrottlerStorage(() => {
    const clock = new FrozenClock(new Date('2030-01-01T00:00:00Z'));
    const wait = (milliseconds: number): Promise<void> => {
      clock.advance(milliseconds / 1000);
      return Promise.resolve();
    };
    return { storage: new MemoryThrottlerStorage(clock), wait };
  });

  it('keeps throttlers that share a key apart', async () => {
    const storage = new MemoryThrottlerStorage();
    await storage.increment('shared', 1000, 9, 0, 'short');
    const record = await storage.increment('shared', 1000, 9, 0, 'long');
    expect(record.totalHits).toBe(1);
  });
});

describe("throttler's own storage keeps the same contract", () => {
  const opened: ThrottlerStorageService[] = [];
  afterAll(() => {
    for (const storage of opened) storage.onApplicationShutdown();
  });

  describeThrottlerStorage(() => {
    const storage = new ThrottlerStorageService();
    opened.push(storage);
    return { storage, wait: (milliseconds) => sleep(milliseconds) };
  });
});
