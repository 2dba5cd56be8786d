import type { JWK } from 'jose';
import type { TokenEncryption } from '../credentials/bearer/token-encryption.js';
import { checkUrl } from '../credentials/bearer/option-checks.js';
import { readRecipientKey, type RecipientKey } from '../encryption/encryption-jwk.js';
import {
  resolveScopeDescriptions,
  type ScopeDescriptions,
} from './interactions/scope-descriptions.js';
import {
  resolveSignInOptions,
  type ResolvedSignInOptions,
  type SignInOptions,
} from './interactions/sign-in.options.js';
import { resolveTheme, type Theme, type ThemeOptions } from './pages/theme.js';

/** A resource server other than this API, for which access tokens are issued too (RFC 8707). */
export interface ResourceOptions {
  /** Its resource indicator, an absolute URI without fragment: what clients name, and `aud` of its tokens. */
  readonly identifier: string;
  /** Scope values that mean something there; a client gets those of them that it is registered for. */
  readonly scope: readonly string[];
  /** `opaque` tokens say nothing to whoever holds them: the resource server asks (RFC 7662). @default 'jwt' */
  readonly accessTokenFormat?: 'jwt' | 'opaque';
  /** @default `accessTokenSeconds` of the server */
  readonly accessTokenSeconds?: number;
  /** Its tokens are nested JWE, which nobody but it can read; we cannot either. @default signed only */
  readonly encryption?: ResourceEncryptionOptions;
}

/** To what the tokens of a resource server are encrypted (RFC 7516), with A256GCM: exactly one of the two. */
export interface ResourceEncryptionOptions {
  /** Its public key, with `kid` and `use: enc`: EC P-256 for ECDH-ES (or `alg: ECDH-ES+A256KW`), RSA for RSA-OAEP-256. */
  readonly jwk?: JWK;
  /** Where its JWK set is, whose first such key is taken. While that cannot be had no token is issued for it. */
  readonly jwksUri?: string;
}

export interface AuthorizationServerOptions {
  /** Resource servers beside this API, which is one always. @default [] */
  readonly resources?: readonly ResourceOptions[];
  /** Lifetime of an access token, unless the client or the resource has one of its own. @default 600 */
  readonly accessTokenSeconds?: number;
  /**
   * Access tokens for this API are nested JWE (RFC 7519 §11.2), so that clients cannot read them. `encryptedTokens` of
   * SallyportModule must accept them first. @default false
   */
  readonly encryptAccessTokens?: boolean;
  /** A refresh token ends when it is not used for so long. @default 1209600 (14 days) */
  readonly refreshIdleSeconds?: number;
  /** All tokens of one login end after so long, however often they are refreshed. @default 7776000 (90 days) */
  readonly refreshAbsoluteSeconds?: number;
  /**
   * For so long the refresh token used last gives its answer again to the same client: answers get lost. 0: never.
   * @default 30
   */
  readonly refreshGraceSeconds?: number;
  /** How long a browser stays signed in without a request. @default 43200 (12 hours) */
  readonly loginSeconds?: number;
  /** Sessions that one user may have; a new one ends that which was not used for longest. @default 50 */
  readonly sessionsPerUser?: number;
  /** `lenient` lets confidential clients leave out PKCE, as OAuth 2.0 did; public ones never may. @default 'strict' */
  readonly oauth21?: 'strict' | 'lenient';
  /**
   * Where TLS asks for client certificates, if that is another origin than the issuer's, so that no browser is asked:
   * `https://mtls.example.com`. The same app answers there, under the same path, and the metadata names it (RFC 8705 §5).
   * Needs `mtls`. @default that of `issuer`
   */
  readonly mtlsOrigin?: string;
  /** How often passwords may be tried. */
  readonly signIn?: SignInOptions;
  /** What the consent page says of a scope value. */
  readonly scopeDescriptions?: ScopeDescriptions;
  /** Name and colours of the pages. */
  readonly theme?: ThemeOptions;
}

/** Where the key of a resource server is; null: its tokens are not encrypted. */
export type ResourceEncryption =
  | { readonly kind: 'static'; readonly key: RecipientKey }
  | { readonly kind: 'remote'; readonly uri: string }
  | null;

export interface ResolvedResource extends Required<Omit<ResourceOptions, 'encryption'>> {
  readonly encryption: ResourceEncryption;
}

export interface ResolvedAuthorizationServerOptions {
  readonly resources: readonly ResolvedResource[];
  readonly encryptAccessTokens: boolean;
  readonly accessTokenSeconds: number;
  readonly refreshIdleSeconds: number;
  readonly refreshAbsoluteSeconds: number;
  readonly refreshGraceSeconds: number;
  readonly loginSeconds: number;
  readonly sessionsPerUser: number;
  readonly isStrict: boolean;
  /** Null: the issuer's. */
  readonly mtlsOrigin: string | null;
  readonly signIn: ResolvedSignInOptions;
  readonly scopeDescriptions: ScopeDescriptions;
  readonly theme: Theme;
}

export const AUTHORIZATION_SERVER_OPTIONS = Symbol('AuthorizationServerOptions');
export const RESOLVED_AUTHORIZATION_SERVER_OPTIONS = Symbol('ResolvedAuthorizationServerOptions');

/** What the options of `SallyportModule` say about our own tokens, and how clients come. */
interface OwnTokens {
  readonly audience: string;
  readonly maxTokenLifetimeSeconds: number;
  readonly encryption: TokenEncryption;
  /** Whether client certificates are read. */
  readonly hasMtls: boolean;
}

const YEAR_SECONDS = 31_536_000;

/** Completes and checks; every mistake is added to `mistakes`. */
export function resolveAuthorizationServerOptions(
  options: AuthorizationServerOptions,
  { audience, maxTokenLifetimeSeconds, encryption, hasMtls }: OwnTokens,
  mistakes: string[],
  isDevelopment: boolean,
): ResolvedAuthorizationServerOptions {
  const {
    resources = [],
    accessTokenSeconds = 600,
    refreshIdleSeconds = 1_209_600,
    refreshAbsoluteSeconds = 7_776_000,
    refreshGraceSeconds = 30,
    loginSeconds = 43_200,
    sessionsPerUser = 50,
    oauth21 = 'strict',
    encryptAccessTokens = false,
    mtlsOrigin = null,
  } = options;
  const within = (name: string, value: number, least: number, most: number): void => {
    if (Number.isSafeInteger(value) && value >= least && value <= most) return;
    mistakes.push(`${name} must be a whole number from ${String(least)} to ${String(most)}`);
  };
  within('accessTokenSeconds', accessTokenSeconds, 1, maxTokenLifetimeSeconds);
  within('refreshIdleSeconds', refreshIdleSeconds, 1, YEAR_SECONDS);
  within('refreshAbsoluteSeconds', refreshAbsoluteSeconds, refreshIdleSeconds, 2 * YEAR_SECONDS);
  within('refreshGraceSeconds', refreshGraceSeconds, 0, 300);
  within('loginSeconds', loginSeconds, 60, YEAR_SECONDS);
  within('sessionsPerUser', sessionsPerUser, 1, 10_000);
  if (!['strict', 'lenient'].includes(oauth21)) mistakes.push('oauth21 must be strict or lenient');
  // `'false'` from an environment variable would be true.
  if (![true, false].includes(encryptAccessTokens)) {
    mistakes.push('encryptAccessTokens must be true or false');
  }
  if (encryptAccessTokens ? encryption === 'refused' : encryption === 'required') {
    mistakes.push(
      encryptAccessTokens
        ? 'encryptAccessTokens needs `encryptedTokens` of SallyportModule to accept them'
        : '`encryptedTokens` of SallyportModule requires what encryptAccessTokens does not do',
    );
  }
  if (mtlsOrigin !== null && !isHttpsOrigin(mtlsOrigin)) {
    mistakes.push('mtlsOrigin must be an https origin, without path or final slash');
  }
  if (mtlsOrigin !== null && !hasMtls) mistakes.push('mtlsOrigin needs mtls of SallyportModule');
  const resolved = resources.map((resource, index): ResolvedResource => {
    const name = `resources[${String(index)}].encryption`;
    return {
      accessTokenFormat: 'jwt',
      accessTokenSeconds,
      ...resource,
      encryption: resolveEncryption(resource, name, mistakes, isDevelopment),
    };
  });
  for (const [index, resource] of resolved.entries()) {
    const name = `resources[${String(index)}]`;
    within(`${name}.accessTokenSeconds`, resource.accessTokenSeconds, 1, maxTokenLifetimeSeconds);
    if (!isResourceIndicator(resource.identifier)) {
      mistakes.push(`${name}.identifier must be an absolute URI without fragment (RFC 8707 §2)`);
    }
    if (resource.identifier === audience) {
      // The verifier of this API reads tokens by value.
      mistakes.push(`${name}.identifier is this API's own audience, which needs no entry`);
    }
    if (!['jwt', 'opaque'].includes(resource.accessTokenFormat)) {
      mistakes.push(`${name}.accessTokenFormat must be jwt or opaque`);
    }
  }
  if (new Set(resolved.map(({ identifier }) => identifier)).size !== resolved.length) {
    mistakes.push('resources names an identifier twice');
  }
  return Object.freeze({
    resources: Object.freeze(resolved),
    encryptAccessTokens,
    accessTokenSeconds,
    refreshIdleSeconds,
    refreshAbsoluteSeconds,
    refreshGraceSeconds,
    loginSeconds,
    sessionsPerUser,
    isStrict: oauth21 === 'strict',
    mtlsOrigin,
    signIn: resolveSignInOptions(options.signIn ?? {}, mistakes),
    scopeDescriptions: resolveScopeDescriptions(options.scopeDescriptions ?? {}, mistakes),
    theme: resolveTheme(options.theme ?? {}, mistakes),
  });
}

function resolveEncryption(
  { encryption, accessTokenFormat }: ResourceOptions,
  name: string,
  mistakes: string[],
  isDevelopment: boolean,
): ResourceEncryption {
  if (encryption === undefined) return null;
  const { jwk, jwksUri } = encryption;
  if (accessTokenFormat === 'opaque') mistakes.push(`${name} is for jwt: opaque says nothing`);
  if ((jwk === undefined) === (jwksUri === undefined)) {
    mistakes.push(`${name} needs exactly one of jwk and jwksUri`);
  }
  if (jwksUri !== undefined) {
    checkUrl(`${name}.jwksUri`, jwksUri, isDevelopment, mistakes);
    return { kind: 'remote', uri: jwksUri };
  }
  const key = readRecipientKey(jwk);
  if (key !== null) return { kind: 'static', key };
  mistakes.push(
    `${name}.jwk must be a public key, EC P-256 or RSA of 2048 to 8192 bits, with kid and \`use: enc\``,
  );
  return null;
}

const isResourceIndicator = (text: string): boolean =>
  URL.canParse(text) && !text.includes('#') && text.length <= 2_048;

const isHttpsOrigin = (text: string): boolean => {
  const url = URL.parse(text);
  return url?.protocol === 'https:' && url.origin === text;
};
