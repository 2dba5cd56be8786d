import { openMemoryStores } from '../../../../../test/support/postgres.js';
import { describeApiKeyStore } from '../../api-keys/api-key.store.contract.js';
import { describeChangeStore } from '../../audit/change.store.contract.js';
import { describeClientStore } from '../../clients/client.store.contract.js';
import { describeConsentStore } from '../../consents/consent.store.contract.js';
import { describeLoginSessionStore } from '../../logins/login-session.store.contract.js';
import { describeRevocationStore } from '../../revocation/revocation.store.contract.js';
import { describeRoleGrantStore } from '../../role-grants/role-grant.store.contract.js';
import { describeSigningKeyStore } from '../../signing-keys/signing-key.store.contract.js';
import { describePlanStore } from '../../throttling/plans/plan.store.contract.js';
import { describeTransactions } from '../../transactions/transactions.contract.js';
import { describeUsageStore } from '../../usage/usage.store.contract.js';
import { describeAuthorizationCodeStore } from '../../user-tokens/authorization-code.store.contract.js';
import { describeGrantStore } from '../../user-tokens/grant.store.contract.js';
import { describeOpaqueTokenStore } from '../../user-tokens/opaque-token.store.contract.js';
import { describeUserTokenStore } from '../../user-tokens/user-token.store.contract.js';
import { describeUserStateStore } from '../../users/user-state.store.contract.js';

const open = () => Promise.resolve(openMemoryStores());

describe('memory stores', () => {
  describe('Transactions', () => describeTransactions(open));
  describe('ApiKeyStore', () => describeApiKeyStore(open));
  describe('AuthorizationCodeStore', () => describeAuthorizationCodeStore(open));
  describe('ChangeStore', () => describeChangeStore(open));
  describe('ClientStore', () => describeClientStore(open));
  describe('ConsentStore', () => describeConsentStore(open));
  describe('GrantStore', () => describeGrantStore(open));
  describe('LoginSessionStore', () => describeLoginSessionStore(open));
  describe('OpaqueTokenStore', () => describeOpaqueTokenStore(open));
  describe('PlanStore', () => describePlanStore(open));
  describe('RevocationStore', () => describeRevocationStore(open));
  describe('RoleGrantStore', () => describeRoleGrantStore(open));
  describe('SigningKeyStore', () => describeSigningKeyStore(open));
  describe('UsageStore', () => describeUsageStore(open));
  describe('UserStateStore', () => describeUserStateStore(open));
  describe('UserTokenStore', () => describeUserTokenStore(open));
});
