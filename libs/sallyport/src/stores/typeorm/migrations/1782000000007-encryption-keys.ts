import type { MigrationInterface, QueryRunner } from 'typeorm';
import { EncryptionKeyEntity } from '../entities/encryption-key.entity.js';
import { tableOf } from '../rows.js';
import { takeTurns } from './take-turns.js';

/** Keys that others encrypt to: in a table of their own, where no earlier build takes them for keys that sign. */
export class EncryptionKeys1782000000007 implements MigrationInterface {
  readonly name = 'EncryptionKeys1782000000007';

  async up(runner: QueryRunner): Promise<void> {
    const table = tableOf(runner.manager, EncryptionKeyEntity);
    await takeTurns(runner);
    await runner.query(`CREATE TABLE IF NOT EXISTS ${table} (
      kid text COLLATE "C" PRIMARY KEY,
      algorithm text NOT NULL,
      state text NOT NULL,
      public_jwk jsonb NOT NULL,
      sealed_private_jwk text NOT NULL,
      created_at timestamptz(3) NOT NULL,
      state_since timestamptz(3) NOT NULL
    )`);
    await runner.query(
      `CREATE UNIQUE INDEX IF NOT EXISTS encryption_keys_one_of_each ON ${table} (state) WHERE state IN ('next', 'active')`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE IF EXISTS ${tableOf(runner.manager, EncryptionKeyEntity)}`);
  }
}
