import { getMetadataArgsStorage } from 'typeorm';
import { ApiKeyEntity } from './entities/api-key.entity.js';
import { AuthorizationCodeEntity } from './entities/authorization-code.entity.js';
import { ChangeEntity } from './entities/change.entity.js';
import { ClientSecretEntity } from './entities/client-secret.entity.js';
import { ClientUseEntity } from './entities/client-use.entity.js';
import { ClientEntity } from './entities/client.entity.js';
import { ConsentEntity } from './entities/consent.entity.js';
import { EncryptionKeyEntity } from './entities/encryption-key.entity.js';
import { GrantEntity } from './entities/grant.entity.js';
import { LoginSessionEntity } from './entities/login-session.entity.js';
import { OpaqueTokenEntity } from './entities/opaque-token.entity.js';
import { PlanEntity } from './entities/plan.entity.js';
import { RevocationEntity } from './entities/revocation.entity.js';
import { RoleGrantEntity } from './entities/role-grant.entity.js';
import { SigningKeyEntity } from './entities/signing-key.entity.js';
import { UsageBatchEntity } from './entities/usage-batch.entity.js';
import { UsageEntity } from './entities/usage.entity.js';
import { UserStateEntity } from './entities/user-state.entity.js';
import { UserTokenEntity } from './entities/user-token.entity.js';

/** For the `entities` of the host's DataSource; unnecessary with `autoLoadEntities`. */
export const sallyportEntities = [
  ApiKeyEntity,
  AuthorizationCodeEntity,
  ChangeEntity,
  ClientEntity,
  ClientSecretEntity,
  ClientUseEntity,
  ConsentEntity,
  EncryptionKeyEntity,
  GrantEntity,
  LoginSessionEntity,
  OpaqueTokenEntity,
  PlanEntity,
  RevocationEntity,
  RoleGrantEntity,
  SigningKeyEntity,
  UsageBatchEntity,
  UsageEntity,
  UserStateEntity,
  UserTokenEntity,
];

/**
 * Puts the entities into another PostgreSQL schema than `sallyport`. A DataSource takes the schema that
 * is set while it initializes, and keeps it.
 */
export function useSchema(schema: string): void {
  const ours = new Set<unknown>(sallyportEntities);
  for (const table of getMetadataArgsStorage().tables) {
    if (ours.has(table.target)) table.schema = schema;
  }
}
