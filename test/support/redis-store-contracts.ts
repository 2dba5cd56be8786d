import { setTimeout as sleep } from 'node:timers/promises';
import { SystemClock } from '../../libs/sallyport/src/clock.js';
import { describeEphemeralRecordStore } from '../../libs/sallyport/src/ephemeral/ephemeral-record.store.contract.js';
import { describeReplayStore } from '../../libs/sallyport/src/ephemeral/replay.store.contract.js';
import { SystemRandomness } from '../../libs/sallyport/src/randomness.js';
import { describeRevocationList } from '../../libs/sallyport/src/revocation/revocation.list.contract.js';
import type { RedisConnection } from '../../libs/sallyport/src/stores/redis/redis-connection.js';
import { RedisEphemeralRecordStore } from '../../libs/sallyport/src/stores/redis/redis-ephemeral-record.store.js';
import { RedisRateLimitStore } from '../../libs/sallyport/src/stores/redis/redis-rate-limit.store.js';
import { RedisReplayStore } from '../../libs/sallyport/src/stores/redis/redis-replay.store.js';
import { RedisRevocationList } from '../../libs/sallyport/src/stores/redis/redis-revocation.list.js';
import { RedisThrottlerStorage } from '../../libs/sallyport/src/stores/redis/redis-throttler.storage.js';
import { describeRateLimitStore } from '../../libs/sallyport/src/throttling/rate-limit.store.contract.js';
import { describeThrottlerStorage } from '../../libs/sallyport/src/throttling/throttler-storage.contract.js';

const wait = (seconds: number): Promise<void> => sleep(seconds * 1000);

/** Everything that we keep in Redis, held to its contracts on the servers that `connect` leads to. */
export function describeRedisStores(connect: (keyPrefix: string) => RedisConnection): void {
  const opened: RedisConnection[] = [];
  let one: RedisConnection;
  let two: RedisConnection;

  const open = async (keyPrefix: string): Promise<RedisConnection> => {
    const connection = connect(keyPrefix);
    opened.push(connection);
    await connection.open();
    return connection;
  };
  const ownPrefix = (): string => `sallyport:${crypto.randomUUID()}`;

  beforeAll(async () => {
    const prefix = ownPrefix();
    [one, two] = [await open(prefix), await open(prefix)];
  });
  afterAll(() => {
    for (const connection of opened) connection.close();
  });

  const pair = <T>(Store: new (connection: RedisConnection) => T) =>
    ({ stores: [new Store(one), new Store(two)] as const, wait }) as const;

  describe('records that pass', () => {
    describeEphemeralRecordStore(() => pair(RedisEphemeralRecordStore));
  });
  describe('what is spent once', () => {
    describeReplayStore(() => pair(RedisReplayStore));
  });
  describe('rate limits', () => {
    describeRateLimitStore(() => pair(RedisRateLimitStore));
  });
  describe('counts of a ThrottlerModule', () => {
    describeThrottlerStorage(() => ({
      storage: new RedisThrottlerStorage(one, new SystemClock()),
      wait: (milliseconds) => sleep(milliseconds),
    }));
  });
  describe('revocations', () => {
    describeRevocationList(async () => {
      const prefix = ownPrefix();
      const list = async () =>
        new RedisRevocationList(await open(prefix), new SystemRandomness(), new SystemClock());
      return { lists: [await list(), await list()] as const, wait };
    });
  });
}
