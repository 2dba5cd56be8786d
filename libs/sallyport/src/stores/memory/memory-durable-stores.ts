import type { Provider } from '@nestjs/common';
import { ApiKeyStore } from '../../api-keys/api-key.store.js';
import { ChangeStore } from '../../audit/change.store.js';
import { ClientStore } from '../../clients/client.store.js';
import { ConsentStore } from '../../consents/consent.store.js';
import { EncryptionKeyStore } from '../../encryption-keys/encryption-key.store.js';
import { LoginSessionStore } from '../../logins/login-session.store.js';
import { RevocationStore } from '../../revocation/revocation.store.js';
import { RoleGrantStore } from '../../role-grants/role-grant.store.js';
import { SigningKeyStore } from '../../signing-keys/signing-key.store.js';
import { PlanStore } from '../../throttling/plans/plan.store.js';
import { Transactions } from '../../transactions/transaction.js';
import { UsageStore } from '../../usage/usage.store.js';
import { AuthorizationCodeStore } from '../../user-tokens/authorization-code.store.js';
import { GrantStore } from '../../user-tokens/grant.store.js';
import { OpaqueTokenStore } from '../../user-tokens/opaque-token.store.js';
import { UserTokenStore } from '../../user-tokens/user-token.store.js';
import { UserStateStore } from '../../users/user-state.store.js';
import { MemoryApiKeyStore } from './memory-api-key.store.js';
import { MemoryAuthorizationCodeStore } from './memory-authorization-code.store.js';
import { MemoryChangeStore } from './memory-change.store.js';
import { MemoryClientStore } from './memory-client.store.js';
import { MemoryConsentStore } from './memory-consent.store.js';
import { MemoryDatabase } from './memory-database.js';
import { MemoryFamilies } from './memory-families.js';
import { MemoryGrantStore } from './memory-grant.store.js';
import { MemoryLoginSessionStore } from './memory-login-session.store.js';
import { MemoryOpaqueTokenStore } from './memory-opaque-token.store.js';
import { MemoryPlanStore } from './memory-plan.store.js';
import { MemoryRevocationStore } from './memory-revocation.store.js';
import { MemoryRoleGrantStore } from './memory-role-grant.store.js';
import { MemoryRotatedKeyStore } from './memory-rotated-key.store.js';
import { MemoryUsageStore } from './memory-usage.store.js';
import { MemoryUserStateStore } from './memory-user-state.store.js';
import { MemoryUserTokenStore } from './memory-user-token.store.js';

/** Every durable port in memory: nothing outlives the process. */
export const memoryDurableStores: Provider[] = [
  MemoryDatabase,
  MemoryFamilies,
  { provide: Transactions, useExisting: MemoryDatabase },
  { provide: ApiKeyStore, useClass: MemoryApiKeyStore },
  { provide: AuthorizationCodeStore, useClass: MemoryAuthorizationCodeStore },
  { provide: ChangeStore, useClass: MemoryChangeStore },
  { provide: ClientStore, useClass: MemoryClientStore },
  { provide: ConsentStore, useClass: MemoryConsentStore },
  { provide: EncryptionKeyStore, useClass: MemoryRotatedKeyStore },
  { provide: GrantStore, useClass: MemoryGrantStore },
  { provide: LoginSessionStore, useClass: MemoryLoginSessionStore },
  { provide: OpaqueTokenStore, useClass: MemoryOpaqueTokenStore },
  { provide: PlanStore, useClass: MemoryPlanStore },
  { provide: RevocationStore, useClass: MemoryRevocationStore },
  { provide: RoleGrantStore, useClass: MemoryRoleGrantStore },
  { provide: SigningKeyStore, useClass: MemoryRotatedKeyStore },
  { provide: UsageStore, useClass: MemoryUsageStore },
  { provide: UserStateStore, useClass: MemoryUserStateStore },
  { provide: UserTokenStore, useClass: MemoryUserTokenStore },
];
