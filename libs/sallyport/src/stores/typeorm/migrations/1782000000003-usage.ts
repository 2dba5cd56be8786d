import type { EntityTarget, MigrationInterface, ObjectLiteral, QueryRunner } from 'typeorm';
import { ClientUseEntity } from '../entities/client-use.entity.js';
import { UsageBatchEntity } from '../entities/usage-batch.entity.js';
import { UsageEntity } from '../entities/usage.entity.js';
import { tableOf } from '../rows.js';
import { takeTurns } from './take-turns.js';

/** What was counted of requests. Does no harm where the tables exist. */
export class Usage1782000000003 implements MigrationInterface {
  readonly name = 'Usage1782000000003';

  async up(runner: QueryRunner): Promise<void> {
    const table = (entity: EntityTarget<ObjectLiteral>) => tableOf(runner.manager, entity);
    await takeTurns(runner);
    await runner.query(`CREATE TABLE IF NOT EXISTS ${table(UsageEntity)} (
      granularity text COLLATE "C" NOT NULL,
      starts_at timestamptz(3) NOT NULL,
      series text COLLATE "C" NOT NULL,
      client_id text COLLATE "C" NOT NULL,
      api_key_id text COLLATE "C" NOT NULL,
      user_issuer text COLLATE "C" NOT NULL,
      user_subject text COLLATE "C" NOT NULL,
      route text COLLATE "C" NOT NULL,
      method text COLLATE "C" NOT NULL,
      status integer NOT NULL,
      refusal text COLLATE "C" NOT NULL,
      address text COLLATE "C" NOT NULL,
      country text COLLATE "C" NOT NULL,
      user_agent text COLLATE "C" NOT NULL,
      calls bigint NOT NULL,
      refused bigint NOT NULL,
      cost bigint NOT NULL,
      latency_ms double precision NOT NULL,
      latency bigint[] NOT NULL,
      PRIMARY KEY (granularity, starts_at, series)
    )`);
    await runner.query(`CREATE TABLE IF NOT EXISTS ${table(UsageBatchEntity)} (
      id uuid PRIMARY KEY,
      written_at timestamptz(3) NOT NULL
    )`);
    await runner.query(`CREATE TABLE IF NOT EXISTS ${table(ClientUseEntity)} (
      client_id text COLLATE "C" PRIMARY KEY,
      last_used_at timestamptz(3) NOT NULL,
      use_count bigint NOT NULL
    )`);
    await runner.query(`CREATE INDEX IF NOT EXISTS usage_user
      ON ${table(UsageEntity)} (user_issuer, user_subject) WHERE user_subject <> ''`);
    await runner.query(`CREATE INDEX IF NOT EXISTS usage_batches_written
      ON ${table(UsageBatchEntity)} (written_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const entity of [UsageEntity, UsageBatchEntity, ClientUseEntity]) {
      await runner.query(`DROP TABLE IF EXISTS ${tableOf(runner.manager, entity)}`);
    }
  }
}
