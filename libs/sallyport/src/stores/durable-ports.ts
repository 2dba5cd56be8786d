import { ApiKeyStore } from '../api-keys/api-key.store.js';
import { ChangeStore } from '../audit/change.store.js';
import { ClientStore } from '../clients/client.store.js';
import { ConsentStore } from '../consents/consent.store.js';
import { EncryptionKeyStore } from '../encryption-keys/encryption-key.store.js';
import { LoginSessionStore } from '../logins/login-session.store.js';
import { RevocationStore } from '../revocation/revocation.store.js';
import { RoleGrantStore } from '../role-grants/role-grant.store.js';
import { SigningKeyStore } from '../signing-keys/signing-key.store.js';
import { PlanStore } from '../throttling/plans/plan.store.js';
import { Transactions } from '../transactions/transaction.js';
import { UsageStore } from '../usage/usage.store.js';
import { AuthorizationCodeStore } from '../user-tokens/authorization-code.store.js';
import { GrantStore } from '../user-tokens/grant.store.js';
import { OpaqueTokenStore } from '../user-tokens/opaque-token.store.js';
import { UserTokenStore } from '../user-tokens/user-token.store.js';
import { UserStateStore } from '../users/user-state.store.js';

/** What every set of durable stores provides. */
export const durablePorts = [
  Transactions,
  ApiKeyStore,
  AuthorizationCodeStore,
  ChangeStore,
  ClientStore,
  ConsentStore,
  EncryptionKeyStore,
  GrantStore,
  LoginSessionStore,
  OpaqueTokenStore,
  PlanStore,
  RevocationStore,
  RoleGrantStore,
  SigningKeyStore,
  UsageStore,
  UserStateStore,
  UserTokenStore,
];
