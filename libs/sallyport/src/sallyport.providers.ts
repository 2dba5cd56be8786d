import type { Provider } from '@nestjs/common';
import { ApiKeyDirectory } from './api-keys/api-key.directory.js';
import { API_KEY_OPTIONS } from './api-keys/api-key.options.js';
import { ApiKeyService } from './api-keys/api-key.service.js';
import { ApiKeyRecords } from './api-keys/api-key-records.js';
import { IssueApiKey } from './api-keys/issue-api-key.js';
import { RevokeApiKey } from './api-keys/revoke-api-key.js';
import { RotateApiKey } from './api-keys/rotate-api-key.js';
import { UpdateApiKey } from './api-keys/update-api-key.js';
import { SigningSecrets } from './api-keys/signing-secret.js';
import { VerifyApiKey } from './api-keys/verify-api-key.js';
import { SecurityEvents } from './audit/security-events.js';
import { ClientDirectory } from './clients/client.directory.js';
import { ClientSecretService } from './clients/client-secret.service.js';
import { ClientService } from './clients/client.service.js';
import { ConsentService } from './consents/consent.service.js';
import { AUTHENTICATION_OPTIONS } from './credentials/authentication.options.js';
import { Authenticator, RequestAuthenticator } from './credentials/authenticator.js';
import { ACCESS_TOKEN_OPTIONS } from './credentials/bearer/access-token.options.js';
import { AccessTokenVerifier } from './credentials/bearer/access-token.verifier.js';
import { IssuerKeys } from './credentials/bearer/keys/issuer-keys.js';
import { CallerSignals } from './credentials/caller-signals.js';
import { CallerStanding } from './credentials/caller-standing.js';
import { AdmitCaller } from './credentials/admit-caller.js';
import { CallerFactory } from './credentials/caller.factory.js';
import { Aws4Verifier } from './credentials/aws4/aws4.verifier.js';
import { ClientSignatureKeys } from './credentials/signature/client-signature-keys.js';
import { BodyKeys } from './credentials/encrypted-body/body-keys.js';
import { ClientEncryptionKeys } from './credentials/encrypted-body/client-encryption-keys.js';
import { OpenBody } from './credentials/encrypted-body/open-body.js';
import { SecretProofVerifier } from './credentials/secret-proof/secret-proof.verifier.js';
import { ResponseSigner } from './credentials/signature/response-signer.js';
import { Signers } from './credentials/signature/signers.js';
import { SignatureVerifier } from './credentials/signature/signature.verifier.js';
import { CredentialVerifier } from './credentials/credential.verifier.js';
import { DpopNonces } from './credentials/dpop/dpop-nonces.js';
import { DpopProofVerifier } from './credentials/dpop/dpop-proof.verifier.js';
import { DPOP_OPTIONS } from './credentials/dpop/dpop.options.js';
import { OfferNonce } from './credentials/dpop/offer-nonce.js';
import { ClientCertificates } from './credentials/mtls/client-certificates.js';
import { MTLS_OPTIONS } from './credentials/mtls/mtls.options.js';
import { PresentedTokenVerifier } from './credentials/presented-token.verifier.js';
import { ProofOfPossession } from './credentials/proof-of-possession.js';
import { TokenVerifier } from './credentials/token.verifier.js';
import { CurrentEncryptionKeys } from './encryption-keys/current-encryption-keys.js';
import {
  ENCRYPTION_KEY_OPTIONS,
  type ResolvedEncryptionKeyOptions,
} from './encryption-keys/encryption-key.options.js';
import { EncryptionKeyService } from './encryption-keys/encryption-key.service.js';
import { GivenDecryptionKeys } from './encryption-keys/given-decryption-keys.js';
import { RotateEncryptionKeys } from './encryption-keys/rotate-encryption-keys.js';
import { DecryptionKeys } from './encryption/decryption-keys.js';
import { MeteredRoutes } from './metering/metered-routes.js';
import { OutboundHttp } from './outbound/outbound-http.js';
import { POLICY_OPTIONS } from './policy/enforcement.js';
import { RoutePolicies } from './policy/route-policies.js';
import { PROBLEM_OPTIONS } from './problems/problem.options.js';
import { CredentialWatch } from './request/credential-watch.js';
import { RequestMessages } from './request/request-messages.js';
import { RequestOrigin } from './request/request-origin.js';
import { REQUEST_OPTIONS } from './request/request.options.js';
import { RouteAccess } from './request/route-access.js';
import { ExactMarks } from './revocation/check/exact-marks.js';
import { StrictRevocationChecker } from './revocation/check/strict.checker.js';
import { RevocationChecker } from './revocation/check/revocation.checker.js';
import { KnownRecords } from './revocation/replica/known-records.js';
import { RevocationFollower } from './revocation/replica/revocation.follower.js';
import { RevocationStatus } from './revocation/replica/revocation.status.js';
import { RevocationReplica } from './revocation/replica/revocation.replica.js';
import { REVOCATION_OPTIONS } from './revocation/revocation.options.js';
import { RevocationPublisher } from './revocation/revocation.publisher.js';
import { RevocationService } from './revocation/revocation.service.js';
import { RoleGrantService } from './role-grants/role-grant.service.js';
import { RoleHierarchy } from './role-grants/role-hierarchy.js';
import {
  RESOLVED_OPTIONS,
  resolveOptions,
  SALLYPORT_OPTIONS,
  type ResolvedOptions,
  type SallyportOptions,
} from './sallyport.options.js';
import { CurrentSigningKeys } from './signing-keys/current-signing-keys.js';
import { PublishedKeys } from './signing-keys/published-keys.js';
import { RotateSigningKeys } from './signing-keys/rotate-signing-keys.js';
import { SIGNING_KEY_OPTIONS } from './signing-keys/signing-key.options.js';
import { SigningKeyService } from './signing-keys/signing-key.service.js';
import { STORES_DESCRIPTION, type StoresDescription } from './stores-description.js';
import { FailedAuthentication } from './throttling/addresses/failed-authentication.js';
import { Anomalies } from './throttling/anomalies/anomalies.js';
import { Penalties } from './throttling/anomalies/penalties.js';
import { QuotaDemands } from './throttling/demands/quota-demands.js';
import { RouteLimitBook } from './throttling/demands/route-limit-book.js';
import { InstanceCensus } from './throttling/instance-census.js';
import { PlanBook } from './throttling/plans/plan-book.js';
import { PlanService } from './throttling/plans/plan.service.js';
import { RateLimiter } from './throttling/rate-limiter.js';
import { RequestLimits } from './throttling/request-limits.js';
import { THROTTLING_OPTIONS } from './throttling/throttling.options.js';
import { UsageMeter } from './usage/counting/usage-meter.js';
import { USAGE_OPTIONS } from './usage/usage.options.js';
import { UsageService } from './usage/usage.service.js';
import { PruneUsage } from './usage/writing/prune-usage.js';
import { UsageFlusher } from './usage/writing/usage-flusher.js';
import { WriteUsage } from './usage/writing/write-usage.js';
import { EndGrants } from './user-tokens/end-grants.js';
import { LivingGrants } from './user-tokens/living-grants.js';
import { LivingSessions } from './user-tokens/living-sessions.js';
import { SessionService } from './user-tokens/session.service.js';
import { UserStatusService } from './users/user-status.service.js';

/** Each part gets its own slice of the options, under its own token, and knows no other part's. */
const slice = (token: symbol | typeof RoleHierarchy, name: keyof ResolvedOptions): Provider => ({
  provide: token,
  inject: [RESOLVED_OPTIONS],
  useFactory: (options: ResolvedOptions) => options[name],
});

const options: Provider[] = [
  {
    provide: RESOLVED_OPTIONS,
    inject: [SALLYPORT_OPTIONS, STORES_DESCRIPTION],
    useFactory: (given: SallyportOptions, stores: StoresDescription) =>
      resolveOptions(given, stores),
  },
  slice(ACCESS_TOKEN_OPTIONS, 'accessTokens'),
  slice(API_KEY_OPTIONS, 'apiKeys'),
  slice(AUTHENTICATION_OPTIONS, 'authentication'),
  slice(DPOP_OPTIONS, 'dpop'),
  slice(ENCRYPTION_KEY_OPTIONS, 'encryptionKeys'),
  slice(MTLS_OPTIONS, 'mtls'),
  slice(POLICY_OPTIONS, 'policy'),
  slice(PROBLEM_OPTIONS, 'problems'),
  slice(REQUEST_OPTIONS, 'request'),
  slice(REVOCATION_OPTIONS, 'revocation'),
  slice(SIGNING_KEY_OPTIONS, 'signingKeys'),
  slice(THROTTLING_OPTIONS, 'throttling'),
  slice(USAGE_OPTIONS, 'usage'),
  slice(RoleHierarchy, 'roles'),
];

const lives: Provider[] = [
  ApiKeyDirectory,
  ApiKeyRecords,
  ApiKeyService,
  IssueApiKey,
  RevokeApiKey,
  RotateApiKey,
  SigningSecrets,
  UpdateApiKey,
  VerifyApiKey,
  ClientDirectory,
  ClientService,
  ClientSecretService,
  RoleGrantService,
  UserStatusService,
  EndGrants,
  LivingGrants,
  LivingSessions,
  SessionService,
  ConsentService,
  CurrentSigningKeys,
  RotateSigningKeys,
  SigningKeyService,
  { provide: PublishedKeys, useExisting: SigningKeyService },
  CurrentEncryptionKeys,
  RotateEncryptionKeys,
  EncryptionKeyService,
  {
    provide: DecryptionKeys,
    inject: [ENCRYPTION_KEY_OPTIONS, EncryptionKeyService],
    useFactory: ({ keys }: ResolvedEncryptionKeyOptions, own: EncryptionKeyService) =>
      typeof keys === 'string' ? own : new GivenDecryptionKeys(keys),
  },
  RevocationReplica,
  RevocationStatus,
  KnownRecords,
  RevocationFollower,
  RevocationPublisher,
  RevocationService,
  ExactMarks,
  StrictRevocationChecker,
  RevocationChecker,
  SecurityEvents,
  PruneUsage,
  UsageFlusher,
  UsageMeter,
  UsageService,
  WriteUsage,
];

const path: Provider[] = [
  RequestOrigin,
  {
    provide: OutboundHttp,
    inject: [RESOLVED_OPTIONS],
    useFactory: ({ environment }: ResolvedOptions) =>
      new OutboundHttp({ allowLoopback: environment === 'development' }),
  },
  IssuerKeys,
  AccessTokenVerifier,
  AdmitCaller,
  CallerFactory,
  CallerSignals,
  CallerStanding,
  ClientCertificates,
  CredentialVerifier,
  DpopNonces,
  DpopProofVerifier,
  OfferNonce,
  PresentedTokenVerifier,
  ProofOfPossession,
  RequestMessages,
  SignatureVerifier,
  Aws4Verifier,
  ClientSignatureKeys,
  SecretProofVerifier,
  Signers,
  ResponseSigner,
  BodyKeys,
  ClientEncryptionKeys,
  OpenBody,
  { provide: Authenticator, useClass: RequestAuthenticator },
  TokenVerifier,
  RoutePolicies,
  { provide: RouteAccess, useExisting: RoutePolicies },
  Anomalies,
  { provide: CredentialWatch, useExisting: Anomalies },
  FailedAuthentication,
  InstanceCensus,
  Penalties,
  PlanBook,
  PlanService,
  QuotaDemands,
  RateLimiter,
  RequestLimits,
  RouteLimitBook,
  MeteredRoutes,
];

/** Everything behind the pipeline: options, the lives of credentials, the path of a request. */
export const sallyportProviders: Provider[] = [...options, ...lives, ...path];

/** What a host may inject. */
export const sallyportExports = [
  ACCESS_TOKEN_OPTIONS,
  AccessTokenVerifier,
  ApiKeyService,
  Authenticator,
  ClientCertificates,
  ClientDirectory,
  ClientService,
  ClientSecretService,
  ConsentService,
  DecryptionKeys,
  DPOP_OPTIONS,
  DpopNonces,
  EncryptionKeyService,
  EndGrants,
  IssuerKeys,
  LivingGrants,
  MTLS_OPTIONS,
  OutboundHttp,
  PresentedTokenVerifier,
  RequestOrigin,
  RevocationChecker,
  RevocationService,
  RevocationStatus,
  RoleGrantService,
  RoleHierarchy,
  RoutePolicies,
  SecurityEvents,
  SessionService,
  SIGNING_KEY_OPTIONS,
  SigningKeyService,
  TokenVerifier,
  UsageService,
  UserStatusService,
  // What guards and filters are made of: `@UseGuards(AuthenticationGuard)` makes one in the host's own module
  POLICY_OPTIONS,
  PROBLEM_OPTIONS,
  REQUEST_OPTIONS,
  THROTTLING_OPTIONS,
  RouteAccess,
  OfferNonce,
  Anomalies,
  FailedAuthentication,
  InstanceCensus,
  Penalties,
  PlanBook,
  PlanService,
  QuotaDemands,
  RateLimiter,
  RequestLimits,
  ResponseSigner,
  BodyKeys,
  OpenBody,
  RouteLimitBook,
  SecretProofVerifier,
  CredentialWatch,
];
