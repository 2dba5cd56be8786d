import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ApiKeyEntity } from '../entities/api-key.entity.js';
import { ClientEntity } from '../entities/client.entity.js';
import { tableOf } from '../rows.js';
import { takeTurns } from './take-turns.js';

/** What requests are signed with: a secret of the API key, sealed; or keys that the client publishes. */
export class SignedRequests1782000000006 implements MigrationInterface {
  readonly name = 'SignedRequests1782000000006';

  async up(runner: QueryRunner): Promise<void> {
    const { manager } = runner;
    await takeTurns(runner);
    await runner.query(
      `ALTER TABLE ${tableOf(manager, ApiKeyEntity)} ADD COLUMN IF NOT EXISTS sealed_signing_secret text`,
    );
    await runner.query(
      `ALTER TABLE ${tableOf(manager, ClientEntity)} ADD COLUMN IF NOT EXISTS jwks_uri text`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    const { manager } = runner;
    await runner.query(
      `ALTER TABLE IF EXISTS ${tableOf(manager, ClientEntity)} DROP COLUMN IF EXISTS jwks_uri`,
    );
    await runner.query(
      `ALTER TABLE IF EXISTS ${tableOf(manager, ApiKeyEntity)} DROP COLUMN IF EXISTS sealed_signing_secret`,
    );
  }
}
