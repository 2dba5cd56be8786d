import { Test } from '@nestjs/testing';
import { describeReplayStore } from '../../ephemeral/replay.store.contract.js';
import { ReplayStore } from '../../ephemeral/replay.store.js';
import { FrozenClock } from '../../testing/frozen-clock.js';
import { MemoryReplayStore } from './memory-replay.store.js';
import { memoryStores } from './memory-stores.module.js';

describe('MemoryReplayStore', () => {
  const setUp = () => {
    const clock = new FrozenClock(new Date('2030-01-01T00:00:00Z'));
    return { clock, store: new MemoryReplayStore(clock) };
  };

  describeReplayStore(() => {
    const { clock, store } = setUp();
    const wait = (seconds: number): Promise<void> => {
      clock.advance(seconds);
      return Promise.resolve();
    };
    return { stores: [store, store], wait };
  });

  it('drops what has run out instead of growing for ever, and nothing before', async () => {
    const { clock, store } = setUp();
    await store.claim('assertion', 'long-lived', 3600);
    for (let round = 0; round < 10; round++) {
      for (let n = 0; n < 900; n++) await store.claim('assertion', `${round} ${n}`, 60);
      clock.advance(61);
    }
    expect(store.size).toBeLessThan(2000);
    expect(await store.claim('assertion', 'long-lived', 3600)).toBe(false);
  });

  it('is what memoryStores() provides', async () => {
    const module = await Test.createTestingModule({ imports: [memoryStores()] }).compile();
    expect(module.get(ReplayStore, { strict: false })).toBeInstanceOf(MemoryReplayStore);
  });
});
