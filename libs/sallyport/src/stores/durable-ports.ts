import { ApiKeyStore } from '../api-keys/api-key.store.js';
import { ChangeStore } from '../audit/change.store.js';
import { ClientStore } from '../clients/client.store.js';
import { RevocationStore } from '../revocation/revocation.store.js';
import { RoleGrantStore } from '../role-grants/role-grant.store.js';
import { SigningKeyStore } from '../signing-keys/signing-key.store.js';
import { Transactions } from '../transactions/transaction.js';
import { UserStateStore } from '../users/user-state.store.js';

/** What every set of durable stores provides. */
export const durablePorts = [
  Transactions,
  ApiKeyStore,
  ChangeStore,
  ClientStore,
  RevocationStore,
  RoleGrantStore,
  SigningKeyStore,
  UserStateStore,
];
