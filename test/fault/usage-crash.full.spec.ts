import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { RedisConnection } from '../../libs/sallyport/src/stores/redis/redis-connection.js';
import { RedisUsageBuffer } from '../../libs/sallyport/src/stores/redis/redis-usage.buffer.js';
import { sampleBatch, sampleRow } from '../../libs/sallyport/src/usage/usage-samples.contract.js';
import { testKek } from '../support/instances.js';
import { patiently } from '../support/patience.js';
import { dropPrefix, ownPrefix } from '../support/redis.js';
import { createDatabase } from '../support/reference-api.js';

const { TEST_DATABASE_URL: databaseUrl, TEST_REDIS_URL: redisUrl } = process.env;
const support = join(process.cwd(), 'test/support');
const loader = pathToFileURL(join(support, 'run-typescript.mjs')).href;

if (databaseUrl !== undefined && redisUrl !== undefined) {
  describe('Usage when processes are killed', () => {
    const kek = testKek();
    let database: Awaited<ReturnType<typeof createDatabase>>;
    let prefix: string;
    let client: pg.Client;
    const children: ChildProcess[] = [];
    let probe: Redis;
    beforeEach(async () => {
      database = await createDatabase(databaseUrl);
      prefix = ownPrefix();
      client = new pg.Client({ connectionString: database.url });
      await client.connect();
      probe = new Redis(redisUrl);
    });
    afterEach(async () => {
      for (const child of children.splice(0)) await kill(child);
      await client.end();
      probe.disconnect();
      await dropPrefix(redisUrl, prefix);
      await database.drop();
    });

    const start = async (flushSeconds: number) => {
      const child = fork(join(support, 'usage-process.ts'), {
        execArgv: ['--import', loader],
        env: {
          ...process.env,
          ...{ DATABASE_URL: database.url, REDIS_URL: redisUrl, PREFIX: prefix, KEK: kek },
          FLUSH_SECONDS: String(flushSeconds),
        },
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      children.push(child);
      const ended = once(child, 'exit').then(() => {
        throw new Error('the process ended before it listened');
      });
      const [url] = (await Promise.race([once(child, 'message'), ended])) as [string];
      ended.catch(() => undefined);
      return { child, url };
    };
    const kill = async (child: ChildProcess): Promise<void> => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    };
    const stored = async (): Promise<number> => {
      const { rows } = await client.query<{ calls: string | null }>(
        `SELECT sum(calls) AS calls FROM sallyport.usage WHERE granularity = 'day'`,
      );
      return Number(rows[0]?.calls ?? 0);
    };
    const becomes = async (calls: number): Promise<void> => {
      for (let tries = 0; tries < 300 && (await stored()) < calls; tries += 1) await sleep(100);
    };

    it('a crash loses no more than the seconds since the last flush', async () => {
      const flushSeconds = 1;
      const { child, url } = await start(flushSeconds);
      const answeredAt: number[] = [];
      const until = performance.now() + 5000;
      const caller = async (): Promise<void> => {
        while (performance.now() < until) {
          await (await fetch(`${url}/probe`)).text();
          answeredAt.push(performance.now());
        }
      };
      await Promise.all(Array.from({ length: 4 }, caller));
      const killedAt = performance.now();
      await kill(child);

      // Another instance drains what the dead one had pushed.
      await probe.del(`{${prefix}:usage}:holder`);
      await start(0.2);
      // A flush is due every second; half a second more is for the write itself on a busy machine.
      const due = answeredAt.filter((at) => at < killedAt - flushSeconds * 1000 - 500).length;
      expect(due).toBeGreaterThan(100);
      await becomes(due);
      await sleep(500);
      expect(await stored()).toBeGreaterThanOrEqual(due);
      expect(await stored()).toBeLessThanOrEqual(answeredAt.length);
    }, 240_000);

    it('whoever drains may be killed at any moment: nothing is lost, nothing counts twice', async () => {
      const connection = new RedisConnection({ url: redisUrl, keyPrefix: prefix });
      await connection.open();
      const buffer = new RedisUsageBuffer(connection);
      const [batches, calls] = [400, 200];
      for (let number = 0; number < batches; number += 1) {
        const rows = Array.from({ length: calls }, (_, index) =>
          sampleRow('2030-01-01T10:00:00Z', { clientId: `c${String((number * 7 + index) % 900)}` }),
        );
        expect(await patiently(() => buffer.push(sampleBatch(number, rows)))).toBe(true);
      }
      let kills = 0;
      while ((await probe.llen(`{${prefix}:usage}:batches`)) > 0) {
        const before = await probe.llen(`{${prefix}:usage}:batches`);
        const { child } = await start(0.1);
        // Somewhere within a write: after some batches have gone, before all have.
        while ((await probe.llen(`{${prefix}:usage}:batches`)) > Math.max(0, before - 100)) {
          await sleep(2);
        }
        await sleep(kills * 3);
        await kill(child);
        kills += 1;
        await probe.del(`{${prefix}:usage}:holder`);
      }
      await start(0.1);
      await becomes(batches * calls);
      expect(kills).toBeGreaterThan(1);
      expect(await stored()).toBe(batches * calls);
      connection.close();
    }, 240_000);
  });
}
