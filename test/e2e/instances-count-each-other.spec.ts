import { setTimeout as sleep } from 'node:timers/promises';
import { InstanceCensus } from '../../libs/sallyport/src/throttling/instance-census.js';
import { openShared } from '../support/instances.js';
import { createDatabase } from '../support/reference-api.js';

const { TEST_DATABASE_URL: databaseUrl, TEST_REDIS_URL: redisUrl } = process.env;

if (databaseUrl !== undefined && redisUrl !== undefined) {
  describe('Instances that share limits', () => {
    let database: Awaited<ReturnType<typeof createDatabase>>;
    let shared: Awaited<ReturnType<typeof openShared>>;
    beforeAll(async () => {
      database = await createDatabase(databaseUrl);
      shared = await openShared(database.url, redisUrl);
    }, 30_000);
    afterAll(async () => {
      await shared.close();
      await database.drop();
    });

    it('count each other before they listen, and the older ones within about a second [W9]', async () => {
      const counts = () =>
        shared.both.map((instance) => instance.app.get(InstanceCensus).instances);
      expect(counts()[1]).toBe(2);
      for (let n = 0; n < 15 && counts()[0] !== 2; n += 1) await sleep(100);
      expect(counts()).toEqual([2, 2]);
    });
  });
} else {
  it('needs PostgreSQL and Redis, which this run does not cover', () => {
    expect(process.env.TEST_STORES).not.toBe('all');
  });
}
