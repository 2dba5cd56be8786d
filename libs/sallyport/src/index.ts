// Wiring
export { SallyportModule } from './sallyport.module.js';
export type { SallyportStructure } from './sallyport.module-definition.js';
export type { SallyportOptions } from './sallyport.options.js';
export { environmentOf, type Environment } from './environment.js';

// What a route demands
export { Public } from './request/public.decorator.js';
export {
  ApiKey,
  Claims,
  ClientOnly,
  EncryptedBody,
  RequireUser,
  Roles,
  Scopes,
  SenderConstrained,
  SignedRequest,
  UsePolicy,
  type EncryptedBodyOptions,
  type SignedRequestOptions,
} from './policy/demands.decorator.js';
export { BoundPolicy, ObjectPolicy } from './policy/object-policy.js';
export { CurrentPolicy } from './policy/current-policy.decorator.js';
export { explain, type Explanation } from './policy/explain.js';
export { RoutePolicies } from './policy/route-policies.js';
export type { RoutePolicy } from './policy/route-policy.js';
export {
  days,
  hours,
  minutes,
  RateLimit,
  seconds,
  SkipThrottle,
  Throttle,
  weeks,
} from './throttling/index.js';

// Who is calling
export type {
  Caller,
  ClientPrincipal,
  Confirmation,
  UserPrincipal,
  VerifiedCredential,
} from './principals/caller.js';
export { CallerContext } from './principals/caller-context.js';
export { CurrentCaller, CurrentClient, CurrentUser } from './principals/current.decorators.js';
export { AppSecretProof } from './credentials/secret-proof/app-secret-proof.js';
export { SignedResponse } from './credentials/signature/signed-response.js';
export { Authenticator } from './credentials/authenticator.js';
export { TokenVerifier } from './credentials/token.verifier.js';
export type { VerifiedAccessToken } from './credentials/verified-access-token.js';
export { RequestOrigin } from './request/request-origin.js';

// Other issuers
export {
  auth0,
  keycloak,
  type Auth0Preset,
  type IssuerPreset,
} from './credentials/bearer/issuer-presets.js';
export type { MappedClaims, TrustedIssuer } from './credentials/bearer/trusted-issuer.js';

// The lives of credentials
export type { Change, ChangedBy } from './audit/change.js';
export {
  SecurityEvents,
  type SecurityEvent,
  type SecurityEventListener,
} from './audit/security-events.js';
export { ApiKeyService } from './api-keys/api-key.service.js';
export type { IssuedApiKey } from './api-keys/api-key-records.js';
export type { NewApiKey } from './api-keys/issue-api-key.js';
export type { ApiKey as ApiKeyRecord, ApiKeyChanges } from './api-keys/api-key.js';
export { ClientService, type NewClient } from './clients/client.service.js';
export { ClientSecretService, type IssuedClientSecret } from './clients/client-secret.service.js';
export type { Client, ClientSecret, TlsClientAuth, UserAgentRule } from './clients/client.js';
export { RevocationService } from './revocation/revocation.service.js';
export { Revocation, type RevocationMode } from './revocation/revocation.decorator.js';
export {
  RevocationStatus,
  type RevocationFigures,
  type RevocationSource,
} from './revocation/replica/revocation.status.js';
export type { PropagationFigures } from './revocation/replica/propagation.js';
export { ANY_CLIENT, type RevocationTarget } from './revocation/revocation.js';
export { RoleGrantService, type RoleAssignment } from './role-grants/role-grant.service.js';
export type { RoleOptions } from './role-grants/role-hierarchy.js';
export type { RoleGrant } from './role-grants/role-grant.js';
export { SigningKeyService, type ActiveSigningKey } from './signing-keys/signing-key.service.js';
export type { SigningKeyMaterial } from './signing-keys/opened-signing-keys.js';
export { EncryptionKeyService } from './encryption-keys/encryption-key.service.js';
export { UserStatusService } from './users/user-status.service.js';
export type { UserId } from './users/user.js';
export type { AuthorizationCode } from './user-tokens/authorization-code.js';
export type { Device, Ending, Grant } from './user-tokens/grant.js';
export type { OpaqueToken } from './user-tokens/opaque-token.js';
export type { Consumption, UserToken } from './user-tokens/user-token.js';
export type { LoginSession, LoginSessionWrite } from './logins/login-session.js';
export type { Session } from './user-tokens/session.js';
export { SessionService } from './user-tokens/session.service.js';
export type { Consent } from './consents/consent.js';
export { ConsentService } from './consents/consent.service.js';
export { UsageService, type UsageReport } from './usage/usage.service.js';
export type { UsageCursor, UsageDimension, UsageQuery, UsageTotal } from './usage/usage-query.js';
export type {
  ClientUse,
  Granularity,
  UsageDimensions,
  UsageMeasures,
  UsageRow,
} from './usage/usage.js';
export type { UsageOptions } from './usage/usage.options.js';
export { Transaction } from './transactions/transaction.js';
export type { PageRequest } from './page.js';

// Ports, for stores of your own; their contracts are in `/testing`
export { ApiKeyStore } from './api-keys/api-key.store.js';
export { AuthorizationCodeStore } from './user-tokens/authorization-code.store.js';
export { ChangeStore } from './audit/change.store.js';
export { ClientStore } from './clients/client.store.js';
export { ConsentStore } from './consents/consent.store.js';
export { EncryptionKeyStore } from './encryption-keys/encryption-key.store.js';
export { EphemeralRecordStore } from './ephemeral/ephemeral-record.store.js';
export { GrantStore, type GrantFilter } from './user-tokens/grant.store.js';
export { LoginSessionStore } from './logins/login-session.store.js';
export { OpaqueTokenStore } from './user-tokens/opaque-token.store.js';
export { RateLimitStore } from './throttling/rate-limit.store.js';
export { ReplayStore } from './ephemeral/replay.store.js';
export { RevocationList } from './revocation/revocation.list.js';
export { RevocationStore } from './revocation/revocation.store.js';
export { RoleGrantStore } from './role-grants/role-grant.store.js';
export { SigningKeyStore } from './signing-keys/signing-key.store.js';
export { Transactions } from './transactions/transaction.js';
export { UsageBuffer } from './usage/usage.buffer.js';
export type { UsageBatch } from './usage/usage-batch.js';
export { UsageStore } from './usage/usage.store.js';
export { UserStateStore } from './users/user-state.store.js';
export { UserTokenStore } from './user-tokens/user-token.store.js';
export { STORES_DESCRIPTION, type StoresDescription } from './stores-description.js';
export { Sealer } from './sealing/sealer.js';

// The pipeline's guards, to be overridden in tests
export { AuthenticationGuard } from './credentials/authentication.guard.js';
export { AuthorizationGuard } from './policy/authorization.guard.js';
export { TransportGuard } from './request/transport.guard.js';
export { AddressLimitGuard } from './throttling/address-limit.guard.js';
export { ClientQuotaGuard } from './throttling/client-quota.guard.js';

// What can go wrong
export { errors, problems, SallyportError, type ErrorCode } from './errors.js';
export { ProblemFilter } from './problems/problem.filter.js';
export { HttpProblemFilter } from './problems/http-problem.filter.js';
export { problemType, type ProblemDetails } from './problems/problem-details.js';

// What everything stands on
export { Clock } from './clock.js';
export { Randomness } from './randomness.js';
export { StoreHealth, type StoreHealthReport } from './health/store-health.js';
