import { FrozenClock } from '../../testing/frozen-clock.js';
import { describeRateLimitStore } from '../../throttling/rate-limit.store.contract.js';
import { MemoryRateLimitStore } from './memory-rate-limit.store.js';

describe('MemoryRateLimitStore', () => {
  describeRateLimitStore(() => {
    const clock = new FrozenClock(new Date('2030-01-01T00:00:00Z'));
    const store = new MemoryRateLimitStore(clock);
    const wait = (seconds: number): Promise<void> => {
      clock.advance(seconds);
      return Promise.resolve();
    };
    return { stores: [store, store], wait };
  });
});
