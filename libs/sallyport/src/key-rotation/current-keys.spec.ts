import { FrozenClock } from '../testing/frozen-clock.js';
import { CurrentKeys } from './current-keys.js';
import type { RotatedKeyStore } from './rotated-key.store.js';
import type { RotatedKey } from './rotated-key.js';

const key = (kid: string) => ({ kid }) as RotatedKey;

function setUp() {
  const clock = new FrozenClock(new Date('2030-01-01T00:00:00Z'));
  const store = { keys: [key('known')], isAway: false, asked: 0 };
  const listCurrent = (): Promise<readonly RotatedKey[]> => {
    store.asked += 1;
    return store.isAway ? Promise.reject(new Error('away')) : Promise.resolve([...store.keys]);
  };
  const keys = new CurrentKeys({ listCurrent } as unknown as RotatedKeyStore<RotatedKey>, clock);
  return { clock, store, keys };
}

describe('The current keys', () => {
  it('are read again for a kid that another instance may just have made', async () => {
    const { store, keys } = setUp();
    await keys.list();
    store.keys.push(key('new'));
    expect((await keys.listWith('new')).map(({ kid }) => kid)).toEqual(['known', 'new']);
  });

  it('are read again once for all who come with a new kid at once, and all are told', async () => {
    const { store, keys } = setUp();
    await keys.list();
    store.keys.push(key('new'));
    const found = await Promise.all(Array.from({ length: 5 }, async () => keys.listWith('new')));
    for (const list of found) expect(list.map(({ kid }) => kid)).toEqual(['known', 'new']);
    expect(store.asked).toBe(2);
  });

  it('survive a made-up kid while the store is away', async () => {
    const { clock, store, keys } = setUp();
    await keys.list();
    store.isAway = true;
    for (let tries = 0; tries < 5; tries += 1) {
      expect((await keys.listWith('made-up')).map(({ kid }) => kid)).toEqual(['known']);
      clock.advance(0.2);
    }
    expect((await keys.listWith('known')).map(({ kid }) => kid)).toEqual(['known']);
  });

  it('are read again ten times a second at most, however many made-up kids arrive', async () => {
    const { store, keys } = setUp();
    await keys.list();
    for (let tries = 0; tries < 50; tries += 1) await keys.listWith(`made-up ${tries}`);
    expect(store.asked).toBe(2);
  });
});
