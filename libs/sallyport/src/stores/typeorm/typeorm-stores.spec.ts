import { durableStoreSets } from '../../../../../test/support/postgres.js';
import { describeApiKeyStore } from '../../api-keys/api-key.store.contract.js';
import { describeChangeStore } from '../../audit/change.store.contract.js';
import { describeClientStore } from '../../clients/client.store.contract.js';
import { describeRevocationStore } from '../../revocation/revocation.store.contract.js';
import { describeRoleGrantStore } from '../../role-grants/role-grant.store.contract.js';
import { describeSigningKeyStore } from '../../signing-keys/signing-key.store.contract.js';
import { describeTransactions } from '../../transactions/transactions.contract.js';
import { describeUserStateStore } from '../../users/user-state.store.contract.js';

const sets = durableStoreSets.filter(({ name }) => name !== 'memory');

describe.each(sets)('TypeORM stores on $name', ({ open }) => {
  describe('Transactions', () => describeTransactions(open));
  describe('ApiKeyStore', () => describeApiKeyStore(open));
  describe('ChangeStore', () => describeChangeStore(open));
  describe('ClientStore', () => describeClientStore(open));
  describe('RevocationStore', () => describeRevocationStore(open));
  describe('RoleGrantStore', () => describeRoleGrantStore(open));
  describe('SigningKeyStore', () => describeSigningKeyStore(open));
  describe('UserStateStore', () => describeUserStateStore(open));
});
