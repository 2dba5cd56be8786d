import { randomBytes } from 'node:crypto';
import type { DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import pg from 'pg';
import { productionStores } from '../../libs/sallyport/src/production.js';
import { postgresDataSourceOptions } from '../../libs/sallyport/src/stores/typeorm/index.js';
import { dropPrefix, ownPrefix } from '../support/redis.js';
import type { ForRoot } from './apps.js';

export interface RealStores {
  readonly database: string;
  readonly redis: string;
  readonly redisKeyPrefix: string;
}

/** Options and imports of an app on PostgreSQL and Redis, under the rules of production. */
export const onRealStores = (stores: RealStores): [Partial<ForRoot>, readonly DynamicModule[]] => [
  {
    environment: 'production',
    stores: productionStores({
      redis: stores.redis,
      redisKeyPrefix: stores.redisKeyPrefix,
      kek: `bench:${randomBytes(32).toString('base64url')}`,
      runMigrations: true,
    }),
  },
  [
    TypeOrmModule.forRoot({
      ...postgresDataSourceOptions(stores.database),
      autoLoadEntities: true,
    }),
  ],
];

/** Runs `work` on a database and a key prefix of its own; with null where the test stores are not named. */
export async function withRealStores<T>(
  work: (stores: RealStores | null) => Promise<T>,
): Promise<T> {
  const { TEST_DATABASE_URL: server, TEST_REDIS_URL: redis } = process.env;
  if (server === undefined || redis === undefined) return work(null);
  const name = `sallyport_bench_${randomBytes(6).toString('hex')}`;
  const redisKeyPrefix = ownPrefix();
  await execute(server, `CREATE DATABASE ${name}`);
  try {
    const database = new URL(server);
    database.pathname = `/${name}`;
    return await work({ database: database.href, redis, redisKeyPrefix });
  } finally {
    await execute(server, `DROP DATABASE ${name} WITH (FORCE)`);
    await dropPrefix(redis, redisKeyPrefix);
  }
}

async function execute(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(statement);
  await client.end();
}
