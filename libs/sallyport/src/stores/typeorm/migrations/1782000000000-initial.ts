import type { MigrationInterface, ObjectLiteral, EntityTarget, QueryRunner } from 'typeorm';
import { ApiKeyEntity } from '../entities/api-key.entity.js';
import { AuthorizationCodeEntity } from '../entities/authorization-code.entity.js';
import { ChangeEntity } from '../entities/change.entity.js';
import { ClientSecretEntity } from '../entities/client-secret.entity.js';
import { ClientEntity } from '../entities/client.entity.js';
import { ConsentEntity } from '../entities/consent.entity.js';
import { GrantEntity } from '../entities/grant.entity.js';
import { LoginSessionEntity } from '../entities/login-session.entity.js';
import { OpaqueTokenEntity } from '../entities/opaque-token.entity.js';
import { RevocationEntity } from '../entities/revocation.entity.js';
import { RoleGrantEntity } from '../entities/role-grant.entity.js';
import { SigningKeyEntity } from '../entities/signing-key.entity.js';
import { UserStateEntity } from '../entities/user-state.entity.js';
import { UserTokenEntity } from '../entities/user-token.entity.js';
import { takeTurns } from './take-turns.js';
import { sallyportEntities } from '../sallyport-entities.js';
import { tableOf } from '../rows.js';

/** The tables of the entities, in whatever schema these have been put. Does no harm where they exist. */
export class SallyportInitial1782000000000 implements MigrationInterface {
  readonly name = 'SallyportInitial1782000000000';

  async up(runner: QueryRunner): Promise<void> {
    const table = (entity: EntityTarget<ObjectLiteral>) => tableOf(runner.manager, entity);
    await takeTurns(runner);
    for (const schema of schemasOf(runner)) {
      await runner.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    }
    await runner.query(`CREATE TABLE IF NOT EXISTS ${table(ClientEntity)} (
      client_id text COLLATE "C" PRIMARY KEY,
      name text NOT NULL,
      type text NOT NULL,
      is_third_party boolean NOT NULL,
      scope text[] NOT NULL,
      grant_types text[] NOT NULL,
      redirect_uris text[] NOT NULL,
      post_logout_redirect_uris text[] NOT NULL,
      resources text[] NOT NULL,
      jwks jsonb,
      access_token_seconds integer,
      refresh_grace boolean NOT NULL,
      requires_pushed_requests boolean NOT NULL,
      origins text[] NOT NULL,
      plan text,
      user_agent jsonb,
      created_at timestamptz(3) NOT NULL,
      disabled_at timestamptz(3),
      version integer NOT NULL
    )`);
    await runner.query(`CREATE TABLE IF NOT EXISTS ${table(ClientSecretEntity)} (
      id uuid PRIMARY KEY,
      client_id text COLLATE "C" NOT NULL,
      secret_hash text NOT NULL,
      client_epoch integer NOT NULL,
      created_at timestamptz(3) NOT NULL,
      expires_at timestamptz(3),
      revoked_at timestamptz(3)
    )`);
    await runner.query(`CREATE TABLE IF NOT EXISTS ${table(ApiKeyEntity)} (
      id text COLLATE "C" PRIMARY KEY,
      secret_hash text COLLATE "C" NOT NULL,
      prefix text NOT NULL,
      is_foreign boolean NOT NULL,
      environment text NOT NULL,
      name text NOT NULL,
      client_id text COLLATE "C" NOT NULL,
      user_issuer text COLLATE "C",
      user_subject text COLLATE "C",
      scope text[] NOT NULL,
      address_ranges text[] NOT NULL,
      signed_only boolean NOT NULL,
      client_epoch integer NOT NULL,
      user_epoch integer NOT NULL,
      created_at timestamptz(3) NOT NULL,
      expires_at timestamptz(3),
      revoked_at timestamptz(3),
      replaced_by text COLLATE "C",
      last_used_at timestamptz(3),
      use_count bigint NOT NULL
    )`);
    await runner.query(`CREATE TABLE IF NOT EXISTS ${table(RoleGrantEntity)} (
      id uuid PRIMARY KEY,
      issuer text COLLATE "C" NOT NULL,
      subject text COLLATE "C" NOT NULL,
      client_id text COLLATE "C",
      role text COLLATE "C" NOT NULL,
      granted_at timestamptz(3) NOT NULL,
      granted_by text NOT NULL
    )`);
    await runner.query(`CREATE TABLE IF NOT EXISTS ${table(SigningKeyEntity)} (
      kid text COLLATE "C" PRIMARY KEY,
      algorithm text NOT NULL,
      state text NOT NULL,
      public_jwk jsonb NOT NULL,
      sealed_private_jwk text NOT NULL,
      created_at timestamptz(3) NOT NULL,
      state_since timestamptz(3) NOT NULL
    )`);
    await runner.query(`CREATE TABLE IF NOT EXISTS ${table(RevocationEntity)} (
      key text COLLATE "C" PRIMARY KEY,
      kind text NOT NULL,
      epoch integer NOT NULL,
      revoked_at timestamptz(3),
      actor text NOT NULL,
      reason text,
      changed_at timestamptz(3) NOT NULL,
      is_published boolean NOT NULL
    )`);
    await runner.query(`CREATE TABLE IF NOT EXISTS ${table(UserStateEntity)} (
      issuer text COLLATE "C",
      subject text COLLATE "C",
      suspended_at timestamptz(3),
      PRIMARY KEY (issuer, subject)
    )`);
    await runner.query(`CREATE TABLE IF NOT EXISTS ${table(GrantEntity)} (
      id text COLLATE "C" PRIMARY KEY,
      issuer text COLLATE "C" NOT NULL,
      subject text COLLATE "C" NOT NULL,
      client_id text COLLATE "C" NOT NULL,
      login_id text COLLATE "C" NOT NULL,
      sid text COLLATE "C" NOT NULL,
      details jsonb NOT NULL,
      user_epoch integer NOT NULL,
      client_epoch integer NOT NULL,
      device_name text,
      address text,
      user_agent text,
      created_at timestamptz(3) NOT NULL,
      expires_at timestamptz(3) NOT NULL,
      ended_at timestamptz(3),
      ended_by text,
      end_reason text
    )`);
    await runner.query(`CREATE TABLE IF NOT EXISTS ${table(AuthorizationCodeEntity)} (
      code_hash text COLLATE "C" PRIMARY KEY,
      grant_id text COLLATE "C" NOT NULL,
      details jsonb NOT NULL,
      created_at timestamptz(3) NOT NULL,
      expires_at timestamptz(3) NOT NULL,
      consumed_at timestamptz(3)
    )`);
    await runner.query(`CREATE TABLE IF NOT EXISTS ${table(UserTokenEntity)} (
      id uuid PRIMARY KEY,
      secret_hash text COLLATE "C" NOT NULL,
      grant_id text COLLATE "C" NOT NULL,
      issuer text COLLATE "C" NOT NULL,
      subject text COLLATE "C" NOT NULL,
      client_id text COLLATE "C" NOT NULL,
      sid text COLLATE "C" NOT NULL,
      device_name text,
      address text,
      user_agent text,
      details jsonb NOT NULL,
      started_at timestamptz(3) NOT NULL,
      created_at timestamptz(3) NOT NULL,
      last_used_at timestamptz(3) NOT NULL,
      idle_ends_at timestamptz(3) NOT NULL,
      ends_at timestamptz(3) NOT NULL,
      consumed_at timestamptz(3),
      successor_id uuid,
      sealed_answer text,
      revoked_at timestamptz(3),
      revoked_by text,
      revoke_reason text
    )`);
    await runner.query(`CREATE TABLE IF NOT EXISTS ${table(OpaqueTokenEntity)} (
      id uuid PRIMARY KEY,
      secret_hash text COLLATE "C" NOT NULL,
      grant_id text COLLATE "C",
      client_id text COLLATE "C" NOT NULL,
      client_epoch integer NOT NULL,
      details jsonb NOT NULL,
      created_at timestamptz(3) NOT NULL,
      expires_at timestamptz(3) NOT NULL,
      revoked_at timestamptz(3)
    )`);
    await runner.query(`CREATE TABLE IF NOT EXISTS ${table(LoginSessionEntity)} (
      id text COLLATE "C" PRIMARY KEY,
      cookie_hash text COLLATE "C" NOT NULL,
      issuer text COLLATE "C",
      subject text COLLATE "C",
      user_epoch integer NOT NULL,
      details jsonb NOT NULL,
      created_at timestamptz(3) NOT NULL,
      expires_at timestamptz(3) NOT NULL,
      ended_at timestamptz(3)
    )`);
    await runner.query(`CREATE TABLE IF NOT EXISTS ${table(ConsentEntity)} (
      issuer text COLLATE "C",
      subject text COLLATE "C",
      client_id text COLLATE "C",
      scope text[] NOT NULL,
      granted_at timestamptz(3) NOT NULL,
      PRIMARY KEY (issuer, subject, client_id)
    )`);
    await runner.query(`CREATE TABLE IF NOT EXISTS ${table(ChangeEntity)} (
      id uuid PRIMARY KEY,
      at timestamptz(3) NOT NULL,
      actor text NOT NULL,
      reason text,
      action text NOT NULL,
      object text COLLATE "C" NOT NULL,
      details jsonb NOT NULL
    )`);

    const index = (
      unique: '' | 'UNIQUE',
      name: string,
      on: EntityTarget<ObjectLiteral>,
      rest: string,
    ) => runner.query(`CREATE ${unique} INDEX IF NOT EXISTS ${name} ON ${table(on)} ${rest}`);
    await index('', 'client_secrets_client', ClientSecretEntity, '(client_id)');
    await index('', 'api_keys_client', ApiKeyEntity, '(client_id, created_at, id)');
    await index('UNIQUE', 'api_keys_foreign_hash', ApiKeyEntity, '(secret_hash) WHERE is_foreign');
    await index(
      'UNIQUE',
      'role_grants_one_client',
      RoleGrantEntity,
      '(issuer, subject, client_id, role) WHERE client_id IS NOT NULL',
    );
    await index(
      'UNIQUE',
      'role_grants_any_client',
      RoleGrantEntity,
      '(issuer, subject, role) WHERE client_id IS NULL',
    );
    await index(
      'UNIQUE',
      'signing_keys_one_of_each',
      SigningKeyEntity,
      "(state) WHERE state IN ('next', 'active')",
    );
    await index('', 'revocations_changed', RevocationEntity, '(changed_at)');
    await index('', 'revocations_ended', RevocationEntity, '(kind, changed_at)');
    await index(
      '',
      'revocations_outbox',
      RevocationEntity,
      '(changed_at, key) WHERE NOT is_published',
    );
    await index(
      '',
      'grants_alive_of_user',
      GrantEntity,
      '(issuer, subject, id) WHERE ended_at IS NULL',
    );
    await index(
      '',
      'grants_alive_of_client',
      GrantEntity,
      '(client_id, id) WHERE ended_at IS NULL',
    );
    await index('', 'grants_alive_of_login', GrantEntity, '(login_id, id) WHERE ended_at IS NULL');
    await index('', 'grants_expiry', GrantEntity, '(expires_at)');
    await index('', 'authorization_codes_grant', AuthorizationCodeEntity, '(grant_id)');
    await index('UNIQUE', 'user_tokens_secret_hash', UserTokenEntity, '(secret_hash)');
    await index('', 'user_tokens_grant', UserTokenEntity, '(grant_id)');
    await index(
      '',
      'user_tokens_heads',
      UserTokenEntity,
      '(issuer, subject, last_used_at, id) WHERE consumed_at IS NULL AND revoked_at IS NULL',
    );
    await index(
      '',
      'user_tokens_predecessor',
      UserTokenEntity,
      '(successor_id) WHERE successor_id IS NOT NULL',
    );
    await index('UNIQUE', 'opaque_tokens_secret_hash', OpaqueTokenEntity, '(secret_hash)');
    await index(
      '',
      'opaque_tokens_grant',
      OpaqueTokenEntity,
      '(grant_id) WHERE grant_id IS NOT NULL',
    );
    await index('', 'opaque_tokens_expiry', OpaqueTokenEntity, '(expires_at)');
    await index('', 'login_sessions_cookie_hash', LoginSessionEntity, '(cookie_hash)');
    await index('', 'login_sessions_expiry', LoginSessionEntity, '(expires_at)');
    await index(
      '',
      'login_sessions_user',
      LoginSessionEntity,
      '(issuer, subject) WHERE ended_at IS NULL',
    );
    await index('', 'changes_object', ChangeEntity, '(object, at, id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const entity of sallyportEntities) {
      await runner.query(`DROP TABLE IF EXISTS ${tableOf(runner.manager, entity)}`);
    }
  }
}

function schemasOf({ manager }: QueryRunner): Set<string> {
  const { driver } = manager.dataSource;
  const schemas = sallyportEntities
    .map((entity) => manager.dataSource.getMetadata(entity).schema)
    .filter((schema) => schema !== undefined);
  return new Set(schemas.map((schema) => driver.escape(schema)));
}
