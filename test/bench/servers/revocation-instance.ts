import { once } from 'node:events';
import { DataSource } from 'typeorm';
import { SystemClock } from '../../../libs/sallyport/src/clock.js';
import { SystemRandomness } from '../../../libs/sallyport/src/randomness.js';
import { ExactMarks } from '../../../libs/sallyport/src/revocation/check/exact-marks.js';
import { RevocationChecker } from '../../../libs/sallyport/src/revocation/check/revocation.checker.js';
import { RevocationFollower } from '../../../libs/sallyport/src/revocation/replica/revocation.follower.js';
import { RevocationReplica } from '../../../libs/sallyport/src/revocation/replica/revocation.replica.js';
import { RevocationStatus } from '../../../libs/sallyport/src/revocation/replica/revocation.status.js';
import { resolveRevocationOptions } from '../../../libs/sallyport/src/revocation/revocation.options.js';
import { RevocationPublisher } from '../../../libs/sallyport/src/revocation/revocation.publisher.js';
import { RevocationService } from '../../../libs/sallyport/src/revocation/revocation.service.js';
import { RedisConnection } from '../../../libs/sallyport/src/stores/redis/redis-connection.js';
import { RedisRevocationList } from '../../../libs/sallyport/src/stores/redis/redis-revocation.list.js';
import { postgresDataSourceOptions } from '../../../libs/sallyport/src/stores/typeorm/postgres-data-source-options.js';
import { runSallyportMigrations } from '../../../libs/sallyport/src/stores/typeorm/migrations/run-migrations.js';
import { sallyportEntities } from '../../../libs/sallyport/src/stores/typeorm/sallyport-entities.js';
import { TypeOrmChangeStore } from '../../../libs/sallyport/src/stores/typeorm/typeorm-change.store.js';
import { TypeOrmRevocationStore } from '../../../libs/sallyport/src/stores/typeorm/typeorm-revocation.store.js';
import { TypeOrmTransactions } from '../../../libs/sallyport/src/stores/typeorm/typeorm-transactions.js';
import type { RealStores } from '../apps/real-stores.js';
import { settingsOf } from '../measuring/parent.js';

/** One instance of four, in a process of its own: revokes when told to, and says when it refused first. */
const stores = settingsOf<RealStores>();
const BUSY = { everyMilliseconds: 10, forMilliseconds: 3 };
const ISSUER = 'https://issuer.test';

const clock = new SystemClock();
const options = resolveRevocationOptions({}, []);
const dataSource = new DataSource({
  ...postgresDataSourceOptions(stores.database),
  entities: sallyportEntities,
});
await dataSource.initialize();
await runSallyportMigrations(dataSource);
const transactions = new TypeOrmTransactions(dataSource);
const revocations = new TypeOrmRevocationStore(transactions);
const changes = new TypeOrmChangeStore(transactions);
const connection = new RedisConnection({ url: stores.redis, keyPrefix: stores.redisKeyPrefix });
await connection.open();
const list = new RedisRevocationList(connection, new SystemRandomness(), clock);
const replica = new RevocationReplica(options);
const status = new RevocationStatus(replica, clock);
const follower = new RevocationFollower(replica, revocations, list, status, clock);
const publisher = new RevocationPublisher(revocations, list, replica, clock, options);
const service = new RevocationService(
  ...([revocations, transactions, changes, publisher, clock, new SystemRandomness()] as const),
);
const checker = new RevocationChecker(
  replica,
  new ExactMarks(revocations, replica, clock),
  clock,
  options,
);
const startedAt = performance.now();
await follower.onApplicationBootstrap();
const loadedMs = performance.now() - startedAt;
await publisher.onApplicationBootstrap();

/** The same clock in all processes of the machine. */
const now = (): number => performance.timeOrigin + performance.now();

setInterval(() => {
  const until = performance.now() + BUSY.forMilliseconds;
  while (performance.now() < until);
}, BUSY.everyMilliseconds);

async function refusedAt(jti: string): Promise<number> {
  const epochs = { user: 0, client: 0, roleVersion: 0 };
  const token = {
    issuer: ISSUER,
    jti,
    sid: null,
    gid: null,
    kid: 'k',
    clientId: 'app',
    user: null,
  };
  const subject = { token: { ...token, epochs, issuedAt: new Date() } };
  const credentials = [{ revocation: checker.checkOf(subject) }];
  for (;;) {
    try {
      await checker.assertNotRevoked(credentials);
    } catch {
      return now();
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

process.on('message', ({ watch, revoke }: { watch?: string; revoke?: string }) => {
  if (watch !== undefined) void refusedAt(watch).then((at) => process.send?.({ refusedAt: at }));
  if (revoke === undefined) return;
  const target = { kind: 'token', issuer: ISSUER, jti: revoke } as const;
  void service.revoke(target, { actor: 'bench' }).then(() => process.send?.({ answeredAt: now() }));
});
process.send?.({ loadedMs });
await once(process, 'disconnect');
process.exit();
