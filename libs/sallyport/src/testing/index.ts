export {
  actingAs,
  ActingAuthenticator,
  callerOf,
  TEST_ISSUER,
  type ActingAs,
} from './acting-as.js';
export { FrozenClock } from './frozen-clock.js';
export { memoryStores } from '../stores/memory/memory-stores.module.js';

// What every store must do: call these from the spec of your own, under Jest or whatever else has `describe`, `it` and `expect`.
export { describeApiKeyStore } from '../api-keys/api-key.store.contract.js';
export { describeAuthorizationCodeStore } from '../user-tokens/authorization-code.store.contract.js';
export { describeChangeStore } from '../audit/change.store.contract.js';
export { describeClientStore } from '../clients/client.store.contract.js';
export { describeConsentStore } from '../consents/consent.store.contract.js';
export { describeEncryptionKeyStore } from '../encryption-keys/encryption-key.store.contract.js';
export { describeEphemeralRecordStore } from '../ephemeral/ephemeral-record.store.contract.js';
export { describeGrantStore } from '../user-tokens/grant.store.contract.js';
export { describeLoginSessionStore } from '../logins/login-session.store.contract.js';
export { describeOpaqueTokenStore } from '../user-tokens/opaque-token.store.contract.js';
export { describePlanStore } from '../throttling/plans/plan.store.contract.js';
export { describeRateLimitStore } from '../throttling/rate-limit.store.contract.js';
export { describeReplayStore } from '../ephemeral/replay.store.contract.js';
export { describeRevocationList } from '../revocation/revocation.list.contract.js';
export { describeRevocationStore } from '../revocation/revocation.store.contract.js';
export { describeRoleGrantStore } from '../role-grants/role-grant.store.contract.js';
export { describeSigningKeyStore } from '../signing-keys/signing-key.store.contract.js';
export { describeTransactions } from '../transactions/transactions.contract.js';
export { describeUsageBuffer } from '../usage/usage.buffer.contract.js';
export { describeUsageStore } from '../usage/usage.store.contract.js';
export { describeUserStateStore } from '../users/user-state.store.contract.js';
export { describeUserTokenStore } from '../user-tokens/user-token.store.contract.js';
