import { randomBytes } from 'node:crypto';
import type { DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import pg from 'pg';
import { productionStores } from '../../../libs/sallyport/src/production.js';
import { postgresDataSourceOptions } from '../../../libs/sallyport/src/stores/typeorm/index.js';
import { dropPrefix, ownPrefix } from '../../support/redis.js';
import type { ForRoot } from './guarded.js';

export interface RealStores {
  readonly database: string;
  readonly redis: string;
  readonly redisKeyPrefix: string;
  /** Seals what is secret; the same for all instances. */
  readonly kek: string;
}

const { TEST_DATABASE_URL: server, TEST_REDIS_URL: redis } = process.env;
export const hasRealStores = server !== undefined && redis !== undefined;

/** Options and imports of an app on PostgreSQL and Redis, under the rules of production. */
export const onRealStores = (stores: RealStores): [Partial<ForRoot>, readonly DynamicModule[]] => [
  {
    environment: 'production',
    stores: productionStores({
      redis: stores.redis,
      redisKeyPrefix: stores.redisKeyPrefix,
      kek: stores.kek,
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

/** Runs `work` on a database and a key prefix of its own, and drops both. */
export async function withRealStores<T>(work: (stores: RealStores) => Promise<T>): Promise<T> {
  if (server === undefined || redis === undefined) {
    throw new Error('needs PostgreSQL and Redis: TEST_DATABASE_URL and TEST_REDIS_URL');
  }
  const name = `sallyport_bench_${randomBytes(6).toString('hex')}`;
  const redisKeyPrefix = ownPrefix();
  await execute(server, `CREATE DATABASE ${name}`);
  try {
    const database = new URL(server);
    database.pathname = `/${name}`;
    const kek = `bench:${randomBytes(32).toString('base64url')}`;
    return await work({ database: database.href, redis, redisKeyPrefix, kek });
  } finally {
    await execute(server, `DROP DATABASE ${name} WITH (FORCE)`);
    await dropPrefix(redis, redisKeyPrefix);
  }
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}
