import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import {
  createKeysAndClients,
  operator,
  type KeysAndClients,
} from '../../../../test/support/keys-and-clients.js';
import { ApiKeyUsage } from './api-key-usage.js';

describe('ApiKeyUsage', () => {
  let lives: KeysAndClients;
  let usage: ApiKeyUsage;
  let id: string;
  beforeEach(async () => {
    lives = createKeysAndClients();
    await lives.register();
    const key = { clientId: 'shop', name: 'k', preset: 'read' } as const;
    id = (await lives.keys.issue(key, operator)).apiKey.id;
    usage = new ApiKeyUsage(lives.keyStore, lives.clock);
  });
  afterEach(() => jest.restoreAllMocks());

  const watchWrites = () => jest.spyOn(lives.keyStore, 'recordUses');

  it('writes nothing when a key is used, and one batch at the flush [W7]', async () => {
    const writes = watchWrites();
    for (let use = 0; use < 1000; use++) usage.record(id);
    expect(writes).not.toHaveBeenCalled();
    await usage.flush();
    await usage.flush();
    expect(writes).toHaveBeenCalledTimes(1);
    expect(await lives.keys.get(id)).toMatchObject({
      useCount: 1000,
      lastUsedAt: lives.clock.now(),
    });
  });

  it('loses no count in 100000 uses of 2500 keys with flushes in between [T12]', async () => {
    const written = new Map<string, number>();
    const batches: number[] = [];
    watchWrites().mockImplementation(async (uses) => {
      batches.push(uses.length);
      await Promise.resolve();
      for (const { apiKeyId, count } of uses) {
        written.set(apiKeyId, (written.get(apiKeyId) ?? 0) + count);
      }
    });
    const flushes: Promise<void>[] = [];
    for (let use = 0; use < 100_000; use++) {
      usage.record(`key${use % 2500}`);
      if (use % 9999 === 0) flushes.push(usage.flush());
    }
    await Promise.all(flushes);
    await usage.beforeApplicationShutdown();
    expect(written.size).toBe(2500);
    expect(new Set(written.values())).toEqual(new Set([40]));
    expect(Math.max(...batches)).toBeLessThanOrEqual(1000);
  });

  it('keeps what it cannot write for the next time, and does not throw [T12]', async () => {
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const writes = watchWrites().mockRejectedValueOnce(new Error('the store is away'));
    usage.record(id);
    const used = lives.clock.now();
    await usage.flush();
    lives.clock.advance(-60);
    usage.record(id);
    await usage.flush();
    expect(writes).toHaveBeenCalledTimes(2);
    expect(await lives.keys.get(id)).toMatchObject({ useCount: 2, lastUsedAt: used });
  });

  it('flushes every five seconds until the app shuts down, and then a last time', async () => {
    jest.useFakeTimers();
    try {
      const flush = jest.spyOn(usage, 'flush');
      usage.onModuleInit();
      jest.advanceTimersByTime(10_000);
      expect(flush).toHaveBeenCalledTimes(2);
      await usage.beforeApplicationShutdown();
      jest.advanceTimersByTime(10_000);
      expect(flush).toHaveBeenCalledTimes(3);
    } finally {
      jest.useRealTimers();
    }
  });
});
