import { jest } from '@jest/globals';
import { StoreHealth, type StoreProbe } from './store-health.js';

const probe = (name: string, isEssential: boolean, ping: StoreProbe['ping']): StoreProbe => ({
  name,
  isEssential,
  ping,
});
const up = () => Promise.resolve(true);
const down = () => Promise.resolve(false);

describe('StoreHealth', () => {
  it('is ok when all answer, and when there is nothing to ask', async () => {
    const health = new StoreHealth([probe('postgresql', true, up), probe('redis', false, up)]);
    expect(await health.check()).toEqual({
      status: 'ok',
      stores: { postgresql: 'up', redis: 'up' },
    });
    expect(await new StoreHealth([]).check()).toEqual({ status: 'ok', stores: {} });
  });

  it('is degraded without a store that we can do without', async () => {
    const health = new StoreHealth([probe('postgresql', true, up), probe('redis', false, down)]);
    expect(await health.check()).toEqual({
      status: 'degraded',
      stores: { postgresql: 'up', redis: 'down' },
    });
  });

  it('is unavailable without one that is essential', async () => {
    const health = new StoreHealth([probe('postgresql', true, down), probe('redis', false, down)]);
    expect((await health.check()).status).toBe('unavailable');
  });

  it.each<[string, StoreProbe['ping']]>([
    ['rejects', () => Promise.reject(new Error('gone'))],
    [
      'throws',
      () => {
        throw new Error('gone');
      },
    ],
  ])('takes a ping that %s for down', async (_, ping) => {
    expect((await new StoreHealth([probe('postgresql', true, ping)]).check()).status).toBe(
      'unavailable',
    );
  });

  it('does not wait for one that hangs', async () => {
    jest.useFakeTimers();
    try {
      const hanging = probe('postgresql', true, () => new Promise<boolean>(() => undefined));
      const report = new StoreHealth([hanging]).check();
      await jest.advanceTimersByTimeAsync(1_500);
      expect((await report).status).toBe('unavailable');
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});
