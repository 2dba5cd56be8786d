import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { SystemClock } from '../../libs/sallyport/src/clock.js';
import { SystemRandomness } from '../../libs/sallyport/src/randomness.js';
import { ExactMarks } from '../../libs/sallyport/src/revocation/check/exact-marks.js';
import { RevocationFollower } from '../../libs/sallyport/src/revocation/replica/revocation.follower.js';
import { RevocationStatus } from '../../libs/sallyport/src/revocation/replica/revocation.status.js';
import { RevocationReplica } from '../../libs/sallyport/src/revocation/replica/revocation.replica.js';
import { RevocationChecker } from '../../libs/sallyport/src/revocation/check/revocation.checker.js';
import { resolveRevocationOptions } from '../../libs/sallyport/src/revocation/revocation.options.js';
import { RevocationPublisher } from '../../libs/sallyport/src/revocation/revocation.publisher.js';
import { RevocationService } from '../../libs/sallyport/src/revocation/revocation.service.js';
import { RedisConnection } from '../../libs/sallyport/src/stores/redis/redis-connection.js';
import { RedisRevocationList } from '../../libs/sallyport/src/stores/redis/redis-revocation.list.js';
import { postgresDataSourceOptions } from '../../libs/sallyport/src/stores/typeorm/postgres-data-source-options.js';
import { transactionOf } from '../../libs/sallyport/src/stores/typeorm/typeorm-transactions.js';
import { openDataSource, randomSchema, typeOrmStoresOn } from '../support/postgres.js';
import { canStartRedis, startRedis, type PrivateRedis } from '../support/redis.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { soon } from '../support/stopwatch.js';

const databaseUrl = process.env.TEST_DATABASE_URL;
const by = { actor: 'test' };
const issuer = 'https://api.test/oauth';
const PROMISED_MILLISECONDS = 1000;
/** For the scheduler of a busy machine. */
const SLACK_MILLISECONDS = 400;

interface Peer {
  readonly service: RevocationService;
  readonly checker: RevocationChecker;
  readonly publisher: RevocationPublisher;
  readonly wire: TcpProxy;
  close(): Promise<void>;
}

if (databaseUrl !== undefined && canStartRedis) {
  describe('What one instance revokes, another refuses within a second', () => {
    const schema = randomSchema();
    let redis: PrivateRedis;
    let dataSource: DataSource;
    let here: Peer;
    let there: Peer;

    const peer = async (): Promise<Peer> => {
      const wire = await startTcpProxy(redis.url);
      const connection = new RedisConnection({ url: wire.url });
      await connection.open();
      const { revocations, transactions, changes } = typeOrmStoresOn(dataSource);
      const clock = new SystemClock();
      const randomness = new SystemRandomness();
      const options = resolveRevocationOptions({}, []);
      const list = new RedisRevocationList(connection, randomness, clock);
      const replica = new RevocationReplica(options);
      const status = new RevocationStatus(replica, clock);
      const follower = new RevocationFollower(
        ...([replica, revocations, list] as const),
        status,
        clock,
      );
      const publisher = new RevocationPublisher(revocations, list, replica, clock, options);
      await follower.onApplicationBootstrap();
      await publisher.onApplicationBootstrap();
      return {
        wire,
        publisher,
        service: new RevocationService(
          ...([revocations, transactions, changes, publisher, clock, randomness] as const),
        ),
        checker: new RevocationChecker(
          replica,
          new ExactMarks(revocations, replica, clock),
          clock,
          options,
        ),
        async close() {
          await follower.beforeApplicationShutdown();
          await publisher.beforeApplicationShutdown();
          connection.close();
          await wire.close();
        },
      };
    };

    beforeAll(async () => {
      redis = await startRedis();
      const options = { ...postgresDataSourceOptions(databaseUrl), logging: false } as const;
      dataSource = await openDataSource(options, schema);
    });
    afterAll(async () => {
      await dataSource.query(`DROP SCHEMA ${schema} CASCADE`);
      await dataSource.destroy();
      await redis.stop();
    });
    beforeEach(async () => {
      [here, there] = await Promise.all([peer(), peer()]);
    });
    afterEach(async () => {
      await Promise.all([here.close(), there.close()]);
    });

    let number = 0;
    const newToken = () => ({ kind: 'token', issuer, jti: `t${String(number++)}` }) as const;
    const isRefused = ({ checker }: Peer, { jti }: { readonly jti: string }): Promise<boolean> => {
      const epochs = { user: 0, client: 0, roleVersion: 0 };
      const token = { issuer, jti, sid: null, gid: null, kid: 'k', epochs, clientId: 'shop' };
      const subject = { token: { ...token, user: null, issuedAt: new Date() } };
      return Promise.try(() =>
        checker.assertNotRevoked([{ revocation: checker.checkOf(subject) }]),
      ).then(
        () => false,
        (error: unknown) => (error as { code?: unknown }).code === 'ERR_CREDENTIAL_REVOKED',
      );
    };
    const expectRefused = async (peers: readonly Peer[], token: { readonly jti: string }) => {
      await soon(PROMISED_MILLISECONDS + SLACK_MILLISECONDS, async () => {
        const refused = await Promise.all(peers.map((one) => isRefused(one, token)));
        return refused.every(Boolean);
      });
    };

    it.each(['cut', 'block'] as const)(
      'when either of them has lost Redis (%s) and the other has not [C65]',
      async (loss) => {
        const [mine, theirs, before] = [newToken(), newToken(), newToken()];
        expect(await isRefused(there, before)).toBe(false);
        here.wire[loss]();
        await here.service.revoke(mine, by);
        await expectRefused([there, here], mine);
        await there.service.revoke(theirs, by);
        await expectRefused([here, there], theirs);
        here.wire.mend();
        for (let round = 0; round < 20; round++) {
          for (const token of [mine, theirs]) expect(await isRefused(here, token)).toBe(true);
          expect(await isRefused(here, before)).toBe(false);
          await sleep(25);
        }
      },
    );

    it('when Redis does not answer the one command that publishes it [C65]', async () => {
      const token = newToken();
      expect(await isRefused(there, token)).toBe(false);
      redis.freeze(true);
      const revoking = here.service.revoke(token, by);
      await sleep(700);
      redis.freeze(false);
      await revoking;
      await expectRefused([there, here], token);
    });

    it('when a transaction of the host revoked it, and the instance died before it published', async () => {
      const token = newToken();
      await here.publisher.beforeApplicationShutdown();
      await dataSource.transaction(async (manager) => {
        await here.service.revoke(token, by, transactionOf(manager));
        await sleep(300);
        expect(await isRefused(there, token)).toBe(false);
      });
      await expectRefused([there], token);
    });

    it('when ten thousand others wait to be published before it', async () => {
      const token = newToken();
      await dataSource.query(
        `INSERT INTO ${schema}.revocations
         SELECT '["token","bulk",' || n || ']', 'token', 1, now(), 'test', null, now() - interval '1 hour', false,
                pg_current_xact_id()::text::bigint
           FROM generate_series(1, 10000) AS n`,
      );
      await here.service.revoke(token, by);
      await expectRefused([here, there], token);
    });
  });
} else {
  it('needs PostgreSQL and a redis-server binary, which this run does not cover', () => {
    expect(databaseUrl === undefined || !canStartRedis).toBe(true);
  });
}
