import type { EphemeralRecordStore } from './ephemeral-record.store.js';

export interface EphemeralRecordStoreUnderTest {
  /** The same records, as two instances see them. */
  readonly stores: readonly [EphemeralRecordStore, EphemeralRecordStore];
  wait(seconds: number): Promise<void>;
}

const KIND = 'interaction';
const MAX_VALUE_BYTES = 65_536;

/** What every EphemeralRecordStore must do. Each adapter's spec calls this with its own store. */
export function describeEphemeralRecordStore(create: () => EphemeralRecordStoreUnderTest): void {
  it.each(['{"prompt":"login"}', '', 'é 🔑', '\0\r\n'])(
    'gives back %j on every instance, as often as asked',
    async (value) => {
      const { stores } = create();
      const [one, two] = stores;
      await one.put(KIND, 'given back', value, 60);
      expect(await one.get(KIND, 'given back')).toBe(value);
      expect(await two.get(KIND, 'given back')).toBe(value);
    },
  );

  it('knows nothing of what was never put', async () => {
    const { stores } = create();
    expect(await stores[0].get(KIND, 'never put')).toBeNull();
    await expect(stores[0].delete(KIND, 'never put')).resolves.toBeUndefined();
  });

  it('replaces what is there, and its time to live', async () => {
    const { stores, wait } = create();
    await stores[0].put(KIND, 'longer', 'old', 1);
    await stores[1].put(KIND, 'longer', 'new', 60);
    await stores[0].put(KIND, 'shorter', 'old', 60);
    await stores[1].put(KIND, 'shorter', 'new', 1);
    expect(await stores[0].get(KIND, 'shorter')).toBe('new');
    await wait(1.1);
    expect(await stores[0].get(KIND, 'longer')).toBe('new');
    expect(await stores[0].get(KIND, 'shorter')).toBeNull();
  });

  it('forgets what has expired, for whoever asks', async () => {
    const { stores, wait } = create();
    await stores[0].put(KIND, 'got', 'value', 1);
    await wait(1.1);
    expect(await stores[1].get(KIND, 'got')).toBeNull();
  });

  it('deletes on every instance', async () => {
    const { stores } = create();
    await stores[0].put(KIND, 'deleted', 'value', 60);
    await stores[1].delete(KIND, 'deleted');
    expect(await stores[0].get(KIND, 'deleted')).toBeNull();
  });

  it('keeps kinds and ids apart, whatever text they are', async () => {
    const { stores } = create();
    const names: (readonly [string, string])[] = [
      ['a', 'b:c'],
      ['a:b', 'c'],
      ['a', 'b","c'],
      ['a","b', 'c'],
      ['', ''],
      ['a', '}{\r\nFLUSHALL\r\n\0é'],
      ['a', '\ud800'],
      ['a', '\ud801'],
      ['a', 'x'.repeat(100_000)],
    ];
    for (const [n, [kind, id]] of names.entries()) await stores[0].put(kind, id, `${n}`, 60);
    for (const [n, [kind, id]] of names.entries()) {
      expect(await stores[1].get(kind, id)).toBe(`${n}`);
    }
  });

  it('takes 64 kB', async () => {
    const { stores } = create();
    const value = 'é'.repeat(MAX_VALUE_BYTES / 2);
    await stores[0].put(KIND, 'large', value, 60);
    expect((await stores[1].get(KIND, 'large')) === value).toBe(true);
  });

  it.each([
    ['a byte more than 64 kB', 'x'.repeat(MAX_VALUE_BYTES + 1)],
    ['fewer characters that are more bytes', 'é'.repeat(MAX_VALUE_BYTES / 2 + 1)],
    ['half a character', 'secret \ud800'],
  ])('refuses %s, and keeps what was there', async (_, value) => {
    const { stores } = create();
    await stores[0].put(KIND, 'kept', 'value', 60);
    await expect(stores[0].put(KIND, 'kept', value, 60)).rejects.toMatchObject({
      code: 'ERR_INPUT_INVALID',
    });
    expect(await stores[0].get(KIND, 'kept')).toBe('value');
  });

  it.each([NaN, Infinity])('refuses a time to live of %d', async (ttlSeconds) => {
    const { stores } = create();
    await expect(stores[0].put(KIND, 'for ever', 'value', ttlSeconds)).rejects.toThrow(TypeError);
    expect(await stores[0].get(KIND, 'for ever')).toBeNull();
  });
}
