import { Test } from '@nestjs/testing';
import { describeEphemeralRecordStore } from '../../ephemeral/ephemeral-record.store.contract.js';
import { EphemeralRecordStore } from '../../ephemeral/ephemeral-record.store.js';
import { FrozenClock } from '../../testing/frozen-clock.js';
import { MemoryEphemeralRecordStore } from './memory-ephemeral-record.store.js';
import { memoryStores } from './memory-stores.module.js';

describe('MemoryEphemeralRecordStore', () => {
  const setUp = () => {
    const clock = new FrozenClock(new Date('2030-01-01T00:00:00Z'));
    return { clock, store: new MemoryEphemeralRecordStore(clock) };
  };

  describeEphemeralRecordStore(() => {
    const { clock, store } = setUp();
    const wait = (seconds: number): Promise<void> => {
      clock.advance(seconds);
      return Promise.resolve();
    };
    return { stores: [store, store], wait };
  });

  it('drops what has expired instead of growing for ever', async () => {
    const { clock, store } = setUp();
    for (let round = 0; round < 10; round++) {
      for (let n = 0; n < 900; n++) await store.put('interaction', `${round} ${n}`, 'value', 60);
      clock.advance(61);
    }
    expect(store.size).toBe(900);
  });

  it('gives up what was put longest ago, when it is full of what lives', async () => {
    const { store } = setUp();
    const value = 'x'.repeat(65_536);
    for (let n = 0; n < 1000; n++) await store.put('interaction', `${n}`, value, 60);
    expect(store.size).toBeLessThan(600);
    expect(await store.get('interaction', '0')).toBeNull();
    expect(await store.get('interaction', '999')).not.toBeNull();
  });

  it('has room again for what was deleted or replaced', async () => {
    const { store } = setUp();
    const value = 'x'.repeat(65_536);
    await store.put('interaction', 'first', 'value', 60);
    for (let n = 0; n < 1000; n++) {
      await store.put('interaction', 'deleted', value, 60);
      await store.delete('interaction', 'deleted');
      await store.put('interaction', 'replaced', value, 60);
    }
    expect(store.size).toBe(2);
    expect(await store.get('interaction', 'first')).toBe('value');
  });

  it('is what memoryStores() provides', async () => {
    const module = await Test.createTestingModule({ imports: [memoryStores()] }).compile();
    expect(module.get(EphemeralRecordStore, { strict: false })).toBeInstanceOf(
      MemoryEphemeralRecordStore,
    );
  });
});
