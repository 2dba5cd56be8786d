import { describeRevocationList, pagesOf } from '../../revocation/revocation.list.contract.js';
import { FrozenClock } from '../../testing/frozen-clock.js';
import { MemoryRevocationList } from './memory-revocation.list.js';

describe('MemoryRevocationList', () => {
  describeRevocationList(() => {
    const clock = new FrozenClock(new Date('2030-01-01T00:00:00Z'));
    const list = new MemoryRevocationList(clock);
    const wait = (seconds: number): Promise<void> => {
      clock.advance(seconds);
      return Promise.resolve();
    };
    return Promise.resolve({ lists: [list, list], wait });
  });

  it('drops what has run out instead of growing for ever', async () => {
    const clock = new FrozenClock(new Date('2030-01-01T00:00:00Z'));
    const list = new MemoryRevocationList(clock);
    await list.rebuild(pagesOf(), 60);
    for (let round = 0; round < 10; round++) {
      const page = Array.from({ length: 900 }, (_, n) => ({
        key: `${round} ${n}`,
        epoch: 1,
        revokedAt: null,
      }));
      await list.publish(page, 60);
      clock.advance(61);
    }
    expect(list.size).toBeLessThan(2000);
  });
});
