import type { MigrationInterface, QueryRunner } from 'typeorm';
import { PlanEntity } from '../entities/plan.entity.js';
import { tableOf } from '../rows.js';
import { takeTurns } from './take-turns.js';

/** Plans that can be changed while the app runs. Does no harm where the table exists. */
export class Plans1782000000002 implements MigrationInterface {
  readonly name = 'Plans1782000000002';

  async up(runner: QueryRunner): Promise<void> {
    const table = tableOf(runner.manager, PlanEntity);
    await takeTurns(runner);
    await runner.query(`CREATE TABLE IF NOT EXISTS ${table} (
      kind text COLLATE "C" NOT NULL,
      name text COLLATE "C" NOT NULL,
      quota jsonb,
      revision bigint NOT NULL,
      PRIMARY KEY (kind, name)
    )`);
    await runner.query(`CREATE UNIQUE INDEX IF NOT EXISTS plans_revision ON ${table} (revision)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE IF EXISTS ${tableOf(runner.manager, PlanEntity)}`);
  }
}
