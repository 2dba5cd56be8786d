import {
  errors,
  interactionPolicy,
  type Account,
  type Configuration,
  type KoaContextWithOIDC,
  type ResourceServerInstance,
} from 'oidc-provider';
import type { SigningKeyMaterial } from '../../signing-keys/opened-signing-keys.js';
import type { UserDirectory } from '../user-directory.js';
import type { EngineParts } from './engine-parts.js';
import { INTERACTION_SECONDS } from './ephemeral.adapters.js';
import { ORIGINS } from './client-metadata.js';
import { adapterFor } from './artifact-adapters.js';
import { mutualTls } from './mutual-tls.js';
import { OwnSigningKey } from './own-signing-key.js';
import { Resources } from './resources.js';
import { ROUTES } from './routes.js';
import { answering } from './store-failures.js';

const CODE_SECONDS = 60;
/** RFC 7523 §3: an assertion is remembered until it expires, so it may not live for ever. */
const MAX_ASSERTION_SECONDS = 300;
const CLOCK_TOLERANCE_SECONDS = 15;

/** Asymmetric ones only: no secret of ours or of a client's signs anything. */
const CLIENT_ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'] as const;

/** How a client proves that it is itself (OpenID Connect Core §9). */
const CONFIDENTIAL_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
] as const;

/** RFC 8705 §2. */
const TLS_METHODS = ['tls_client_auth', 'self_signed_tls_client_auth'] as const;

/** Our options in the engine's words. Every development default of its is replaced: each would be a hole. */
export function providerConfiguration(
  parts: EngineParts,
  keys: readonly SigningKeyMaterial[],
): Configuration {
  const { issuer, options, pages, consentPolicy, tokenClaims } = parts;
  const [active] = keys;
  if (active === undefined) throw new TypeError('no signing key');
  const { algorithm } = active;
  const resources = new Resources(
    parts.audience,
    options,
    parts.clients,
    algorithm,
    parts.recipients,
  );
  const methods = [...CONFIDENTIAL_METHODS, ...(parts.certificates === null ? [] : TLS_METHODS)];
  const lifetime = (
    _ctx: unknown,
    token: { resourceServer?: ResourceServerInstance | undefined },
  ) => token.resourceServer?.accessTokenTTL ?? options.accessTokenSeconds;

  return {
    adapter: adapterFor(parts, algorithm),
    jwks: { keys: keys.map((key) => new OwnSigningKey(key)) },
    routes: ROUTES,
    cookies: {
      keys: parts.cookieKeys.map((key) => key.toString('base64url')),
      names: {
        session: cookieName(issuer, '__Host-', 'session'),
        interaction: cookieName(issuer, '__Secure-', 'interaction'),
        resume: cookieName(issuer, '__Secure-', 'resume'),
      },
      long: { httpOnly: true, sameSite: 'lax', signed: true },
      short: { httpOnly: true, sameSite: 'lax', signed: true },
    },
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    // RFC 6749 §3.1.2.3 lets it be left out; an exact comparison needs something to compare.
    allowOmittingSingleRegisteredRedirectUri: false,
    acceptQueryParamAccessTokens: false,
    responseTypes: ['code'],
    subjectTypes: ['public'],
    scopes: ['openid', 'offline_access', 'profile', 'email'],
    claims: {
      openid: ['sub'],
      profile: PROFILE_CLAIMS,
      email: ['email', 'email_verified'],
      sid: null,
      auth_time: null,
      iss: null,
      acr: null,
    },
    // RFC 8414 §2: without these, revocation and introspection would seem to take Basic alone.
    discovery: {
      revocation_endpoint_auth_methods_supported: [...methods, 'none'],
      revocation_endpoint_auth_signing_alg_values_supported: [...CLIENT_ALGORITHMS],
      introspection_endpoint_auth_methods_supported: methods,
      introspection_endpoint_auth_signing_alg_values_supported: [...CLIENT_ALGORITHMS],
    },
    clientAuthMethods: [...methods, 'none'],
    clientDefaults: {
      id_token_signed_response_alg: algorithm,
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: [],
      response_types: [],
    },
    enabledJWA: {
      clientAuthSigningAlgValues: [...CLIENT_ALGORITHMS],
      dPoPSigningAlgValues: [...CLIENT_ALGORITHMS],
      idTokenSigningAlgValues: [...new Set(keys.map((key) => key.algorithm))],
    },
    assertJwtClientAuthClaimsAndHeader: (_ctx, claims) => {
      assertAssertion(claims, issuer, parts.family.clock.now());
    },
    pkce: {
      // OAuth 2.1 §7.5.2: every client; RFC 9700 §2.1.1: public ones at the very least.
      required: (_ctx, client) => options.isStrict || client.clientAuthMethod === 'none',
    },
    extraClientMetadata: { properties: [ORIGINS] },
    // RFC 9700 §2.6: only what the client registered.
    clientBasedCORS: (_ctx, origin, client) => originsOf(client).includes(origin),
    findAccount: (_ctx, subject) => answering(() => accountOf(parts.directory, subject)),
    extraTokenClaims: (ctx, token) => answering(() => tokenClaims.of(ctx, token as never)),
    loadExistingGrant: (ctx) => answering(() => consentPolicy.grantFor(ctx)),
    // The one place where a code is sure to be issued: the grant is written now, and its end is its own.
    expiresWithSession: async (ctx, source) => {
      const { session, client, grant } = ctx.oidc;
      source.sid = session?.sidFor(client?.clientId ?? '');
      await grant?.save();
      return false;
    },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    revokeGrantPolicy: () => true,
    interactions: {
      policy: questions(),
      url: (_ctx, interaction) => `${issuer}/interaction/${interaction.uid}`,
    },
    renderError: (ctx, out) => {
      pages.error(ctx, out);
    },
    ttl: {
      AccessToken: lifetime,
      ClientCredentials: lifetime,
      AuthorizationCode: CODE_SECONDS,
      Grant: options.refreshAbsoluteSeconds,
      IdToken: options.accessTokenSeconds,
      Interaction: INTERACTION_SECONDS,
      Session: options.loginSeconds,
      RefreshToken: (ctx, token) => parts.refreshLifetime(ctx, token),
    },
    features: {
      devInteractions: { enabled: false },
      // Experimental by name alone: this version of the engine is pinned, and asserts that it is meant.
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
      userinfo: { enabled: true },
      clientCredentials: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      dPoP: {
        enabled: true,
        ...(parts.dpopNonceSecret !== null && {
          nonceSecret: parts.dpopNonceSecret,
          requireNonce: () => true,
        }),
      },
      ...(parts.certificates !== null && { mTLS: mutualTls(parts.certificates) }),
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => mayRevoke(client.clientId, token.clientId),
      },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) =>
          answering(() => parts.mayIntrospect(client.clientId, token)),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, _client, oneOf) => resources.defaultFor(oneOf),
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, identifier, client) =>
          answering(() => resources.describe(ctx, identifier, client)),
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => {
          pages.logout(ctx, form);
        },
        postLogoutSuccessSource: (ctx) => pages.loggedOut(ctx),
      },
    },
  };
}

const PROFILE_CLAIMS = [
  'name',
  'given_name',
  'family_name',
  'preferred_username',
  'picture',
  'locale',
  'zoneinfo',
  'updated_at',
];

/**
 * RFC 6265bis §4.1.3: no plain http can plant a cookie with these prefixes, and no sub-domain one that is `__Host-`.
 * The others are each for one path, which that prefix forbids.
 */
const cookieName = (issuer: string, prefix: '__Host-' | '__Secure-', name: string): string =>
  `${issuer.startsWith('https:') ? prefix : ''}sallyport_${name}`;

async function accountOf(directory: UserDirectory, subject: string): Promise<Account | undefined> {
  if ((await directory.findBySub(subject)) === null) return undefined;
  return {
    accountId: subject,
    // OpenID Connect Core §5.4: where there is an access token, all else is for userinfo, and that is ours.
    claims: () => ({ sub: subject }),
  };
}

/** The engine's own, and who else is there when the user of a browser's session is gone: it takes their account for given. */
function questions(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  const isGone = ({ oidc }: KoaContextWithOIDC): boolean =>
    oidc.session?.accountId !== undefined && oidc.account === undefined;
  const description = 'End-User authentication is required';
  const check = new interactionPolicy.Check('user_gone', description, 'login_required', isGone);
  policy.get('login')?.checks.add(check);
  return policy;
}

/** RFC 7009 §2.1: a token of another client is not this one's to revoke, and the client is told. */
function mayRevoke(clientId: string, owner: string | undefined): boolean {
  if (clientId === owner) return true;
  throw new errors.InvalidRequest('client is not authorized to revoke the presented token');
}

/** RFC 7523 §3 with FAPI 2.0 §5.3.2.1: meant for this issuer and nobody else, and not for long. */
function assertAssertion({ aud, exp }: Record<string, unknown>, issuer: string, now: Date): void {
  const audience = [aud].flat();
  if (audience.length !== 1 || audience[0] !== issuer) {
    throw new errors.InvalidClientAuth('aud must be the issuer identifier and nothing else');
  }
  const latest = now.getTime() / 1000 + MAX_ASSERTION_SECONDS + CLOCK_TOLERANCE_SECONDS;
  if (typeof exp !== 'number' || exp > latest) {
    throw new errors.InvalidClientAuth('exp must be within five minutes');
  }
}

function originsOf(client: object): readonly unknown[] {
  const origins: unknown = (client as Record<string, unknown>)[ORIGINS];
  return Array.isArray(origins) ? origins : [];
}
