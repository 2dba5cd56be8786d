import type { Provider } from '@nestjs/common';
import { ApiKeyDirectory } from './api-keys/api-key.directory.js';
import { API_KEY_OPTIONS } from './api-keys/api-key.options.js';
import { ApiKeyService } from './api-keys/api-key.service.js';
import { ApiKeyUsage } from './api-keys/api-key-usage.js';
import { ApiKeyRecords } from './api-keys/api-key-records.js';
import { IssueApiKey } from './api-keys/issue-api-key.js';
import { RevokeApiKey } from './api-keys/revoke-api-key.js';
import { RotateApiKey } from './api-keys/rotate-api-key.js';
import { UpdateApiKey } from './api-keys/update-api-key.js';
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
import { CredentialVerifier } from './credentials/credential.verifier.js';
import { TokenVerifier } from './credentials/token.verifier.js';
import { OutboundHttp } from './outbound/outbound-http.js';
import { POLICY_OPTIONS } from './policy/enforcement.js';
import { RoutePolicies } from './policy/route-policies.js';
import { PROBLEM_OPTIONS } from './problems/problem.options.js';
import { RequestOrigin } from './request/request-origin.js';
import { REQUEST_OPTIONS } from './request/request.options.js';
import { RouteAccess } from './request/route-access.js';
import { RevocationChecker } from './revocation/revocation.checker.js';
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
import { QuotaDemands } from './throttling/quota-demands.js';
import { RateLimiter } from './throttling/rate-limiter.js';
import { THROTTLING_OPTIONS } from './throttling/throttling.options.js';
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
  slice(POLICY_OPTIONS, 'policy'),
  slice(PROBLEM_OPTIONS, 'problems'),
  slice(REQUEST_OPTIONS, 'request'),
  slice(REVOCATION_OPTIONS, 'revocation'),
  slice(SIGNING_KEY_OPTIONS, 'signingKeys'),
  slice(THROTTLING_OPTIONS, 'throttling'),
  slice(RoleHierarchy, 'roles'),
];

const lives: Provider[] = [
  ApiKeyDirectory,
  ApiKeyRecords,
  ApiKeyService,
  ApiKeyUsage,
  IssueApiKey,
  RevokeApiKey,
  RotateApiKey,
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
  RevocationPublisher,
  RevocationService,
  RevocationChecker,
  SecurityEvents,
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
  CredentialVerifier,
  { provide: Authenticator, useClass: RequestAuthenticator },
  TokenVerifier,
  RoutePolicies,
  { provide: RouteAccess, useExisting: RoutePolicies },
  QuotaDemands,
  RateLimiter,
];

/** Everything behind the pipeline: options, the lives of credentials, the path of a request. */
export const sallyportProviders: Provider[] = [...options, ...lives, ...path];

/** What a host may inject. */
export const sallyportExports = [
  ACCESS_TOKEN_OPTIONS,
  ApiKeyService,
  ApiKeyUsage,
  Authenticator,
  ClientDirectory,
  ClientService,
  ClientSecretService,
  ConsentService,
  EndGrants,
  IssuerKeys,
  LivingGrants,
  RequestOrigin,
  RevocationChecker,
  RevocationService,
  RoleGrantService,
  RoleHierarchy,
  RoutePolicies,
  SecurityEvents,
  SessionService,
  SIGNING_KEY_OPTIONS,
  SigningKeyService,
  TokenVerifier,
  UserStatusService,
  // What guards and filters are made of: `@UseGuards(AuthenticationGuard)` makes one in the host's own module
  POLICY_OPTIONS,
  PROBLEM_OPTIONS,
  REQUEST_OPTIONS,
  THROTTLING_OPTIONS,
  RouteAccess,
  QuotaDemands,
  RateLimiter,
];
