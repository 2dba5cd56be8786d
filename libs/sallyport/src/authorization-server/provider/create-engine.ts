import type { ChangeStore } from '../../audit/change.store.js';
import type { ClientSecretService } from '../../clients/client-secret.service.js';
import type { ResolvedAccessTokenOptions } from '../../credentials/bearer/access-token.options.js';
import { AccessTokenVerifier } from '../../credentials/bearer/access-token.verifier.js';
import type { DpopNonces } from '../../credentials/dpop/dpop-nonces.js';
import type { ResolvedDpopOptions } from '../../credentials/dpop/dpop.options.js';
import type { IssuerKeys } from '../../credentials/bearer/keys/issuer-keys.js';
import type { DecryptionKeys } from '../../encryption/decryption-keys.js';
import type { ClientCertificates } from '../../credentials/mtls/client-certificates.js';
import type { ResolvedMtlsOptions } from '../../credentials/mtls/mtls.options.js';
import type { EphemeralRecordStore } from '../../ephemeral/ephemeral-record.store.js';
import type { ReplayStore } from '../../ephemeral/replay.store.js';
import type { OutboundHttp } from '../../outbound/outbound-http.js';
import type { CredentialWatch } from '../../request/credential-watch.js';
import type { RevocationChecker } from '../../revocation/check/revocation.checker.js';
import type { RoleGrantService } from '../../role-grants/role-grant.service.js';
import type { Sealer } from '../../sealing/sealer.js';
import type { SigningKeyService } from '../../signing-keys/signing-key.service.js';
import type { SessionService } from '../../user-tokens/session.service.js';
import type { ResolvedAuthorizationServerOptions } from '../authorization-server.options.js';
import type { AuthorizationPages } from '../pages/authorization-pages.js';
import type { UserDirectory } from '../user-directory.js';
import { ConsentPolicy } from './consent-policy.js';
import { EnginePages } from './engine-pages.js';
import type { EngineParts } from './engine-parts.js';
import { requestOf } from './engine-request.js';
import { Engine } from './engine.js';
import type { FamilyStores } from './family-stores.js';
import { GrantHandlers } from './grant-handlers.js';
import { RefreshGrace } from './refresh-grace.js';
import { StructuredTokens } from './structured-tokens.js';
import { TokenClaims } from './token-claims.js';
import { TokenCommit } from './token-commit.js';
import { TokenRecipients } from './token-recipients.js';

/** What the engine stands on. */
export interface EngineServices extends Omit<FamilyStores, 'issuer' | 'graceSeconds'> {
  readonly certificates: ClientCertificates;
  readonly changes: ChangeStore;
  readonly clientSecrets: ClientSecretService;
  readonly decryptionKeys: DecryptionKeys;
  readonly directory: UserDirectory;
  readonly dpop: ResolvedDpopOptions;
  readonly dpopNonces: DpopNonces;
  readonly ephemeral: EphemeralRecordStore;
  readonly issuerKeys: IssuerKeys;
  readonly mtls: ResolvedMtlsOptions;
  readonly options: ResolvedAuthorizationServerOptions;
  readonly outbound: OutboundHttp;
  readonly pages: AuthorizationPages;
  readonly replays: ReplayStore;
  readonly revocationChecker: RevocationChecker;
  readonly roleGrants: RoleGrantService;
  readonly sealer: Sealer;
  readonly sessions: SessionService;
  readonly signingKeys: SigningKeyService;
  readonly tokens: ResolvedAccessTokenOptions;
  readonly watch: CredentialWatch;
}

export const ENGINE_SERVICES = Symbol('EngineServices');

export function createEngine(services: EngineServices): Engine {
  const { options, tokens, sealer, clients, clock, randomness } = services;
  const { issuer, audience } = tokens;
  const { refreshGraceSeconds: graceSeconds, sessionsPerUser } = options;
  const family: FamilyStores = { ...services, issuer, graceSeconds };
  const commits = new TokenCommit(family, services.changes, services.sessions, sessionsPerUser);
  const grace = new RefreshGrace(
    sealer.deriveKeys('refresh grace'),
    services.certificates,
    clock,
    randomness,
  );
  const parts: EngineParts = {
    issuer,
    audience,
    options,
    family,
    clients,
    cookieKeys: sealer.deriveKeys('cookies'),
    certificates: services.mtls.isOn ? services.certificates : null,
    dpopNonceSecret: services.dpop.requireNonce ? services.dpopNonces.secret : null,
    directory: services.directory,
    clientSecrets: services.clientSecrets,
    watch: services.watch,
    ephemeral: services.ephemeral,
    replays: services.replays,
    pages: new EnginePages(services.pages),
    consentPolicy: new ConsentPolicy(issuer, audience, clients, services.consents, randomness),
    recipients: new TokenRecipients(services),
    tokenClaims: new TokenClaims(issuer, services.revocations, services.roleGrants),
    grantHandlers: new GrantHandlers(
      commits,
      grace,
      services.userTokens,
      clients,
      clock,
      graceSeconds,
    ),
    structuredTokens: () =>
      new StructuredTokens(
        verifierOfAll(services),
        services.revocationChecker,
        services.revocations,
        clients,
        encryptedFor(options),
      ),
    refreshLifetime: (ctx, { grantId = '' }) => {
      const grant = requestOf(ctx).grants.get(grantId);
      const leftSeconds = grant
        ? Math.floor((grant.expiresAt.getTime() - clock.now().getTime()) / 1000)
        : options.refreshAbsoluteSeconds;
      return Math.max(1, Math.min(options.refreshIdleSeconds, leftSeconds));
    },
    mayIntrospect: async (clientId, token) => {
      if (token.clientId === clientId) return true;
      const owner = await clients.find(token.clientId ?? '');
      if (owner?.disabledAt !== null) return false;
      const caller = await clients.find(clientId);
      const of = [token.aud].flat();
      return caller?.resources.some((resource) => of.includes(resource)) === true;
    },
    endLogin: async (loginId, subject) => {
      await services.sessions.endOfLogin(loginId, { actor: `user:${subject}`, reason: 'logout' });
    },
  };
  return new Engine(services.signingKeys, parts);
}

/** The resource servers whose tokens we cannot read ourselves. */
const encryptedFor = ({ resources }: ResolvedAuthorizationServerOptions): ReadonlySet<string> =>
  new Set(
    resources.filter(({ encryption }) => encryption !== null).map(({ identifier }) => identifier),
  );

/** Reads our tokens for any resource server: to revoke and introspect them, not to let anyone in. */
function verifierOfAll({
  tokens,
  options,
  issuerKeys,
  clock,
  decryptionKeys,
}: EngineServices): AccessTokenVerifier {
  const own = tokens.issuers.get(tokens.issuer);
  if (own === undefined) throw new TypeError('our own issuer is not among the accepted ones');
  const audience = [...own.audience, ...options.resources.map(({ identifier }) => identifier)];
  // Resource servers ask by what they found inside of a token that was encrypted to them.
  const encryption = own.encryption === 'required' ? 'accepted' : own.encryption;
  const issuers = new Map([[own.issuer, { ...own, audience, encryption }]]);
  return new AccessTokenVerifier({ ...tokens, issuers }, issuerKeys, clock, decryptionKeys);
}
