import type { Provider } from '@nestjs/common';
import { ChangeStore } from '../audit/change.store.js';
import { SecurityEvents } from '../audit/security-events.js';
import { ClientSecretService } from '../clients/client-secret.service.js';
import { ClientDirectory } from '../clients/client.directory.js';
import { Clock } from '../clock.js';
import { ConsentService } from '../consents/consent.service.js';
import {
  ACCESS_TOKEN_OPTIONS,
  type ResolvedAccessTokenOptions,
} from '../credentials/bearer/access-token.options.js';
import { DpopNonces } from '../credentials/dpop/dpop-nonces.js';
import { DPOP_OPTIONS } from '../credentials/dpop/dpop.options.js';
import { IssuerKeys } from '../credentials/bearer/keys/issuer-keys.js';
import { ClientCertificates } from '../credentials/mtls/client-certificates.js';
import { MTLS_OPTIONS, type ResolvedMtlsOptions } from '../credentials/mtls/mtls.options.js';
import { DecryptionKeys } from '../encryption/decryption-keys.js';
import { EphemeralRecordStore } from '../ephemeral/ephemeral-record.store.js';
import { ReplayStore } from '../ephemeral/replay.store.js';
import { SallyportError } from '../errors.js';
import { LoginSessionStore } from '../logins/login-session.store.js';
import { OutboundHttp } from '../outbound/outbound-http.js';
import { Randomness } from '../randomness.js';
import { CredentialWatch } from '../request/credential-watch.js';
import { RevocationChecker } from '../revocation/check/revocation.checker.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { RoleGrantService } from '../role-grants/role-grant.service.js';
import { Sealer } from '../sealing/sealer.js';
import { SigningKeyService } from '../signing-keys/signing-key.service.js';
import { Transactions } from '../transactions/transaction.js';
import { AuthorizationCodeStore } from '../user-tokens/authorization-code.store.js';
import { EndGrants } from '../user-tokens/end-grants.js';
import { GrantStore } from '../user-tokens/grant.store.js';
import { LivingGrants } from '../user-tokens/living-grants.js';
import { OpaqueTokenStore } from '../user-tokens/opaque-token.store.js';
import { PruneUserTokens } from '../user-tokens/prune-user-tokens.js';
import { SessionService } from '../user-tokens/session.service.js';
import { UserTokenStore } from '../user-tokens/user-token.store.js';
import {
  AUTHORIZATION_SERVER_OPTIONS,
  RESOLVED_AUTHORIZATION_SERVER_OPTIONS,
  resolveAuthorizationServerOptions,
  type AuthorizationServerOptions,
  type ResolvedAuthorizationServerOptions,
} from './authorization-server.options.js';
import { CsrfTokens } from './interactions/csrf-tokens.js';
import { InteractionErrorFilter } from './interactions/interaction-error.filter.js';
import { InteractionPages } from './interactions/interaction-pages.js';
import { InteractionRequests } from './interactions/interaction-requests.js';
import { Interactions } from './interactions/interaction.js';
import { SCOPE_DESCRIPTIONS } from './interactions/scope-descriptions.js';
import { SIGN_IN_OPTIONS } from './interactions/sign-in.options.js';
import { SignInPace } from './interactions/sign-in-pace.js';
import { SignIn } from './interactions/sign-in.js';
import { EngineMount } from './mount/engine-mount.js';
import { AuthorizationPages } from './pages/authorization-pages.js';
import { PageWriter } from './pages/page-writer.js';
import { Stylesheet } from './pages/stylesheet.js';
import { THEME } from './pages/theme.js';
import { createEngine, ENGINE_SERVICES, type EngineServices } from './provider/create-engine.js';
import { EngineInteractions } from './provider/engine-interactions.js';
import { Engine } from './provider/engine.js';
import { UserDirectory } from './user-directory.js';

const slice = (token: symbol, name: keyof ResolvedAuthorizationServerOptions): Provider => ({
  provide: token,
  inject: [RESOLVED_AUTHORIZATION_SERVER_OPTIONS],
  useFactory: (options: ResolvedAuthorizationServerOptions) => options[name],
});

const options: Provider[] = [
  {
    provide: RESOLVED_AUTHORIZATION_SERVER_OPTIONS,
    inject: [AUTHORIZATION_SERVER_OPTIONS, ACCESS_TOKEN_OPTIONS, MTLS_OPTIONS, OutboundHttp],
    useFactory: (
      given: AuthorizationServerOptions,
      tokens: ResolvedAccessTokenOptions,
      { isOn: hasMtls }: ResolvedMtlsOptions,
      { allowsLoopback }: OutboundHttp,
    ) => {
      const mistakes: string[] = [];
      const encryption = tokens.issuers.get(tokens.issuer)?.encryption ?? 'refused';
      const own = { ...tokens, encryption, hasMtls };
      const resolved = resolveAuthorizationServerOptions(given, own, mistakes, allowsLoopback);
      if (mistakes.length === 0) return resolved;
      throw new SallyportError('ERR_OPTIONS_INVALID', {
        reason: `AuthorizationServerModule cannot start:\n- ${mistakes.join('\n- ')}`,
      });
    },
  },
  slice(SIGN_IN_OPTIONS, 'signIn'),
  slice(SCOPE_DESCRIPTIONS, 'scopeDescriptions'),
  slice(THEME, 'theme'),
];

/** What the engine stands on, by the names that `createEngine` knows. */
const services = {
  certificates: ClientCertificates,
  changes: ChangeStore,
  clientSecrets: ClientSecretService,
  clients: ClientDirectory,
  clock: Clock,
  codes: AuthorizationCodeStore,
  consents: ConsentService,
  decryptionKeys: DecryptionKeys,
  directory: UserDirectory,
  dpop: DPOP_OPTIONS,
  dpopNonces: DpopNonces,
  endGrants: EndGrants,
  ephemeral: EphemeralRecordStore,
  events: SecurityEvents,
  grants: GrantStore,
  issuerKeys: IssuerKeys,
  livingGrants: LivingGrants,
  mtls: MTLS_OPTIONS,
  logins: LoginSessionStore,
  opaqueTokens: OpaqueTokenStore,
  options: RESOLVED_AUTHORIZATION_SERVER_OPTIONS,
  outbound: OutboundHttp,
  pages: AuthorizationPages,
  randomness: Randomness,
  replays: ReplayStore,
  revocationChecker: RevocationChecker,
  watch: CredentialWatch,
  revocations: RevocationService,
  roleGrants: RoleGrantService,
  sealer: Sealer,
  sessions: SessionService,
  signingKeys: SigningKeyService,
  tokens: ACCESS_TOKEN_OPTIONS,
  transactions: Transactions,
  userTokens: UserTokenStore,
} satisfies Record<keyof EngineServices, unknown>;

const engine: Provider[] = [
  {
    provide: ENGINE_SERVICES,
    inject: Object.values(services),
    useFactory: (...given: unknown[]) =>
      Object.fromEntries(Object.keys(services).map((name, index) => [name, given[index]])),
  },
  { provide: Engine, inject: [ENGINE_SERVICES], useFactory: createEngine },
  {
    provide: Interactions,
    inject: [Engine, ENGINE_SERVICES],
    useFactory: (running: Engine, { clients, consents, clock, tokens }: EngineServices) =>
      new EngineInteractions(running, clients, consents, clock, tokens.issuer, tokens.audience),
  },
  EngineMount,
  PruneUserTokens,
];

const people: Provider[] = [
  AuthorizationPages,
  CsrfTokens,
  InteractionErrorFilter,
  InteractionPages,
  InteractionRequests,
  PageWriter,
  SignIn,
  SignInPace,
  Stylesheet,
];

export const authorizationServerProviders: Provider[] = [...options, ...engine, ...people];
