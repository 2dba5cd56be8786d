import { setTimeout as sleep } from 'node:timers/promises';
import { startPostgres, type PrivatePostgres } from '../support/private-postgres.js';
import { canStartRedis, startRedis, type PrivateRedis } from '../support/redis.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import {
  answersToTheLiving,
  expectPromises,
  openUnderLoad,
  type UnderLoad,
} from '../support/under-load.js';

const AWAY_MS = 3000;

interface Servers {
  readonly postgres: PrivatePostgres;
  readonly wire: TcpProxy;
}

const faults: readonly { what: string; happen(servers: Servers): Promise<void> }[] = [
  {
    what: 'is frozen',
    async happen({ postgres }) {
      await postgres.freeze(true);
      await sleep(AWAY_MS);
      await postgres.freeze(false);
    },
  },
  {
    what: 'crashes, and recovers',
    happen: ({ postgres }) => postgres.crash(),
  },
  {
    what: 'is cut off',
    async happen({ wire }) {
      wire.cut();
      await sleep(AWAY_MS);
      wire.mend();
    },
  },
  {
    what: 'is behind a black hole',
    async happen({ wire }) {
      wire.block();
      await sleep(AWAY_MS);
      wire.mend();
    },
  },
  {
    what: 'has all its connections taken by others, and ours ended',
    async happen({ postgres }) {
      const release = await postgres.takeAllConnections();
      await sleep(AWAY_MS);
      await release();
    },
  },
];

const postgres = canStartRedis ? await startPostgres() : null;

if (postgres !== null) {
  describe('Two instances under load, when PostgreSQL', () => {
    let redis: PrivateRedis;
    let wire: TcpProxy;
    let instances: UnderLoad;

    beforeAll(async () => {
      redis = await startRedis();
      wire = await startTcpProxy(postgres.url);
      instances = await openUnderLoad(wire.url, redis.url);
    });
    afterAll(async () => {
      await instances.close();
      await wire.close();
      await redis.stop();
      await postgres.stop();
    });

    it.each(faults)(
      '$what, keep what they promise, and lose nothing that was acknowledged',
      async ({ happen }) => {
        const report = await instances.during(() => happen({ postgres, wire }));
        expectPromises(report, { losses: 0 });
        expect([200, 503]).toEqual(expect.arrayContaining([...answersToTheLiving(report)]));
      },
    );
  });
} else {
  it('needs a redis-server binary and one of PostgreSQL, which this run does not cover', () => {
    expect(process.env.TEST_STORES).not.toBe('all');
  });
}
