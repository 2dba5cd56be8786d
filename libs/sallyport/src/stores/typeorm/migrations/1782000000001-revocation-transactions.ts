import type { MigrationInterface, QueryRunner } from 'typeorm';
import { RevocationEntity } from '../entities/revocation.entity.js';
import { tableOf } from '../rows.js';
import { takeTurns } from './take-turns.js';

/** Which transaction raised a revocation last, so that every instance can ask for what was committed since. */
export class RevocationTransactions1782000000001 implements MigrationInterface {
  readonly name = 'RevocationTransactions1782000000001';

  async up(runner: QueryRunner): Promise<void> {
    const table = tableOf(runner.manager, RevocationEntity);
    await takeTurns(runner);
    await runner.query(
      `ALTER TABLE ${table} ADD COLUMN IF NOT EXISTS transaction bigint NOT NULL DEFAULT 0`,
    );
    await runner.query(`ALTER TABLE ${table} ALTER COLUMN transaction DROP DEFAULT`);
    await runner.query(
      `CREATE INDEX IF NOT EXISTS revocations_transaction ON ${table} (transaction)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    const table = tableOf(runner.manager, RevocationEntity);
    await runner.query(`ALTER TABLE IF EXISTS ${table} DROP COLUMN IF EXISTS transaction`);
  }
}
