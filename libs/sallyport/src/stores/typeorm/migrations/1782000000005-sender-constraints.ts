import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ClientEntity } from '../entities/client.entity.js';
import { tableOf } from '../rows.js';
import { takeTurns } from './take-turns.js';

const FLAGS = ['dpop_bound_access_tokens', 'tls_client_certificate_bound_access_tokens'];
const OPTIONAL = ['tls_client_auth', 'self_signed_certificates'];

/** Clients that authenticate by certificates, and whose tokens must be bound. Those there are already do neither. */
export class SenderConstraints1782000000005 implements MigrationInterface {
  readonly name = 'SenderConstraints1782000000005';

  async up(runner: QueryRunner): Promise<void> {
    const table = tableOf(runner.manager, ClientEntity);
    await takeTurns(runner);
    for (const name of FLAGS) {
      await runner.query(
        `ALTER TABLE ${table} ADD COLUMN IF NOT EXISTS ${name} boolean NOT NULL DEFAULT false`,
      );
      await runner.query(`ALTER TABLE ${table} ALTER COLUMN ${name} DROP DEFAULT`);
    }
    for (const name of OPTIONAL) {
      await runner.query(`ALTER TABLE ${table} ADD COLUMN IF NOT EXISTS ${name} jsonb`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    const table = tableOf(runner.manager, ClientEntity);
    for (const name of [...FLAGS, ...OPTIONAL]) {
      await runner.query(`ALTER TABLE IF EXISTS ${table} DROP COLUMN IF EXISTS ${name}`);
    }
  }
}
