import type { Provider } from '@nestjs/common';
import { ApiKeyStore } from '../../api-keys/api-key.store.js';
import { ChangeStore } from '../../audit/change.store.js';
import { ClientStore } from '../../clients/client.store.js';
import { RevocationStore } from '../../revocation/revocation.store.js';
import { RoleGrantStore } from '../../role-grants/role-grant.store.js';
import { SigningKeyStore } from '../../signing-keys/signing-key.store.js';
import { Transactions } from '../../transactions/transaction.js';
import { UserStateStore } from '../../users/user-state.store.js';
import { MemoryApiKeyStore } from './memory-api-key.store.js';
import { MemoryChangeStore } from './memory-change.store.js';
import { MemoryClientStore } from './memory-client.store.js';
import { MemoryDatabase } from './memory-database.js';
import { MemoryRevocationStore } from './memory-revocation.store.js';
import { MemoryRoleGrantStore } from './memory-role-grant.store.js';
import { MemorySigningKeyStore } from './memory-signing-key.store.js';
import { MemoryUserStateStore } from './memory-user-state.store.js';

/** Every durable port in memory: nothing outlives the process. */
export const memoryDurableStores: Provider[] = [
  MemoryDatabase,
  { provide: Transactions, useExisting: MemoryDatabase },
  { provide: ApiKeyStore, useClass: MemoryApiKeyStore },
  { provide: ChangeStore, useClass: MemoryChangeStore },
  { provide: ClientStore, useClass: MemoryClientStore },
  { provide: RevocationStore, useClass: MemoryRevocationStore },
  { provide: RoleGrantStore, useClass: MemoryRoleGrantStore },
  { provide: SigningKeyStore, useClass: MemorySigningKeyStore },
  { provide: UserStateStore, useClass: MemoryUserStateStore },
];
