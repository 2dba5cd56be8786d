import { apiKeyPattern, isApiKeyPrefix } from './api-keys/api-key-format.js';
import {
  resolveApiKeyOptions,
  type ApiKeyOptions,
  type ResolvedApiKeyOptions,
} from './api-keys/api-key.options.js';
import {
  proofAlgorithmNames,
  resolveDpopOptions,
  type DpopOptions,
  type ResolvedDpopOptions,
} from './credentials/dpop/dpop.options.js';
import {
  resolveMtlsOptions,
  type MtlsOptions,
  type ResolvedMtlsOptions,
} from './credentials/mtls/mtls.options.js';
import type {
  AuthenticationOptions,
  ResolvedAuthenticationOptions,
} from './credentials/authentication.options.js';
import {
  resolveAccessTokenOptions,
  type AccessTokenOptions,
  type ResolvedAccessTokenOptions,
} from './credentials/bearer/access-token.options.js';
import {
  resolveEncryptionKeyOptions,
  type EncryptionKeyOptions,
  type ResolvedEncryptionKeyOptions,
} from './encryption-keys/encryption-key.options.js';
import { environmentOf, type Environment } from './environment.js';
import { SallyportError } from './errors.js';
import type { Enforcement, PolicyOptions } from './policy/enforcement.js';
import type { ProblemOptions } from './problems/problem.options.js';
import {
  resolveRequestOptions,
  type RequestOptions,
  type ResolvedRequestOptions,
} from './request/request.options.js';
import {
  resolveRevocationOptions,
  type ResolvedRevocationOptions,
  type StalenessOptions,
} from './revocation/revocation.options.js';
import {
  resolveRoles,
  type RoleHierarchy,
  type RoleOptions,
} from './role-grants/role-hierarchy.js';
import {
  resolveSigningKeyOptions,
  type ResolvedSigningKeyOptions,
  type SigningKeyOptions,
} from './signing-keys/signing-key.options.js';
import type { StoresDescription } from './stores-description.js';
import {
  resolveThrottlingOptions,
  type ResolvedThrottlingOptions,
  type ThrottlingOptions,
} from './throttling/throttling.options.js';

import {
  resolveUsageOptions,
  type ResolvedUsageOptions,
  type UsageOptions,
} from './usage/usage.options.js';

/** Everything that may be said to `SallyportModule.forRoot`. Only `issuer` and `audience` must be. */
export interface SallyportOptions
  extends AccessTokenOptions, AuthenticationOptions, RequestOptions {
  /**
   * For tests; an app leaves it to the variable, so that no build carries development into production.
   * @default 'development' if SALLYPORT_ENV says so, else 'production'
   */
  readonly environment?: Environment;
  /**
   * Says that no second instance runs, so that state may stay in this process. Without it, stores that are not
   * shared are refused outside development. @default false
   */
  readonly singleInstance?: boolean;
  /** `report` logs refusals and lets through, while an existing app moves in. @default 'closed' */
  readonly enforce?: Enforcement;
  /** Fail at start on a route that declares no policy. @default false: such a route needs a caller, and no more */
  readonly requireDeclaredPolicy?: boolean;
  /** Status of an object that the caller may not touch. @default 404, so that ids cannot be tried out */
  readonly deniedObject?: 404 | 403;
  /**
   * What each role gives: scope values, and other roles to inherit. Omitted, users are not narrowed by roles.
   * @default undefined
   */
  readonly roles?: RoleOptions;
  /** How callers prove the key that their access token is bound to (RFC 9449). */
  readonly dpop?: DpopOptions;
  /** Read client certificates (RFC 8705), from TLS that ends here or from `trustedProxies`. @default false */
  readonly mtls?: MtlsOptions | boolean;
  /** Format, lifetimes and presets of API keys. */
  readonly apiKeys?: ApiKeyOptions;
  /** Algorithm and rotation of our own signing keys. */
  readonly signingKeys?: SigningKeyOptions;
  /**
   * Keys that others encrypt to, published with `use: enc`. `true` is with its defaults.
   * @default false, unless encrypted tokens are accepted
   */
  readonly encryptionKeys?: EncryptionKeyOptions | boolean;
  /** How stale the knowledge of revocations may become before requests are refused. */
  readonly revocation?: StalenessOptions;
  /** Limits by address, client, API key and user; plans. */
  readonly throttling?: ThrottlingOptions;
  /**
   * Count requests by client, API key, user, route, status, address and user agent, and keep the counts; `true` is
   * with its defaults. @default false
   */
  readonly usage?: UsageOptions | boolean;
}

/** The options after `resolveOptions`: complete, checked, frozen. Nothing else knows defaults. */
export interface ResolvedOptions {
  readonly environment: Environment;
  readonly accessTokens: ResolvedAccessTokenOptions;
  readonly apiKeys: ResolvedApiKeyOptions;
  readonly authentication: ResolvedAuthenticationOptions;
  readonly dpop: ResolvedDpopOptions;
  readonly encryptionKeys: ResolvedEncryptionKeyOptions;
  readonly mtls: ResolvedMtlsOptions;
  readonly policy: PolicyOptions;
  readonly problems: ProblemOptions;
  readonly request: ResolvedRequestOptions;
  readonly revocation: ResolvedRevocationOptions;
  readonly roles: RoleHierarchy;
  readonly signingKeys: ResolvedSigningKeyOptions;
  readonly throttling: ResolvedThrottlingOptions;
  readonly usage: ResolvedUsageOptions;
}

export const SALLYPORT_OPTIONS = Symbol('SallyportOptions');
export const RESOLVED_OPTIONS = Symbol('ResolvedOptions');

/** Throws ERR_OPTIONS_INVALID with all mistakes at once. */
export function resolveOptions(
  options: SallyportOptions,
  stores: StoresDescription,
): ResolvedOptions {
  const mistakes: string[] = [];
  const { environment = environmentOf(), enforce = 'closed', deniedObject = 404 } = options;
  const isDevelopment = environment === 'development';
  checkChoice('environment', environment, ['development', 'production'], mistakes);
  checkChoice('enforce', enforce, ['closed', 'report'], mistakes);
  checkChoice('deniedObject', deniedObject, [404, 403], mistakes);
  for (const name of ['basic', 'requireDeclaredPolicy', 'singleInstance'] as const) {
    // `'false'` from an environment variable would be true.
    checkChoice(name, options[name] ?? false, [true, false], mistakes);
  }
  checkStores(stores, isDevelopment, options.singleInstance ?? false, mistakes);

  const accessTokens = resolveAccessTokenOptions(options, mistakes, isDevelopment);
  const { maxTokenLifetimeSeconds, clockSkewSeconds, issuer } = accessTokens;
  const apiKeys = resolveApiKeyOptions(options.apiKeys ?? {}, isDevelopment, mistakes);
  const dpop = resolveDpopOptions(options.dpop ?? {}, clockSkewSeconds, mistakes);
  const resolved: ResolvedOptions = {
    environment,
    accessTokens,
    apiKeys,
    authentication: Object.freeze({
      basic: options.basic ?? false,
      // A wrong prefix is among the mistakes already.
      apiKeyPattern: apiKeyPattern(isApiKeyPrefix(apiKeys.prefix) ? apiKeys.prefix : 'sp'),
    }),
    dpop,
    encryptionKeys: resolveEncryptionKeyOptions(
      options.encryptionKeys,
      [...accessTokens.issuers.values()].some(({ encryption }) => encryption !== 'refused'),
      { maxTokenLifetimeSeconds, clockSkewSeconds },
      mistakes,
    ),
    mtls: resolveMtlsOptions(options.mtls ?? false, mistakes),
    policy: Object.freeze({
      enforce,
      requireDeclaredPolicy: options.requireDeclaredPolicy ?? false,
      deniedObject,
    }),
    problems: Object.freeze({
      realm: realmOf(options.audience),
      dpopAlgorithms: proofAlgorithmNames(dpop.algorithms),
      schemes: options.basic === true ? ['ApiKey', 'Basic'] : ['ApiKey'],
    }),
    request: resolveRequestOptions(options, isDevelopment, mistakes),
    revocation: resolveRevocationOptions(
      {
        ...options.revocation,
        horizonSeconds: maxTokenLifetimeSeconds + 2 * clockSkewSeconds,
        clockSkewSeconds,
      },
      mistakes,
    ),
    roles: resolveRoles(options.roles, mistakes),
    signingKeys: resolveSigningKeyOptions(
      options.signingKeys ?? {},
      { issuer, maxTokenLifetimeSeconds, clockSkewSeconds },
      mistakes,
    ),
    throttling: resolveThrottlingOptions(options.throttling, mistakes),
    usage: resolveUsageOptions(options.usage, mistakes),
  };
  if (mistakes.length > 0) {
    throw new SallyportError('ERR_OPTIONS_INVALID', {
      reason: `SallyportModule cannot start:\n- ${mistakes.join('\n- ')}`,
    });
  }
  return Object.freeze(resolved);
}

/** What may stand between the quotes of a challenge. Nobody has checked yet that it is a string. */
const realmOf = (audience: unknown): string =>
  String(audience).replaceAll(/[^\x21\x23-\x5b\x5d-\x7e]/g, '');

function checkChoice<T>(name: string, value: T, choices: readonly T[], mistakes: string[]): void {
  if (!choices.includes(value)) mistakes.push(`${name} must be one of ${choices.join(', ')}`);
}

function checkStores(
  { name, isShared, isDurable }: StoresDescription,
  isDevelopment: boolean,
  singleInstance: boolean,
  mistakes: string[],
): void {
  if (isDevelopment) return;
  if (!isDurable) {
    mistakes.push(
      `${name} forget everything on restart: pass \`stores\`, or set SALLYPORT_ENV=development`,
    );
  } else if (!isShared && !singleInstance) {
    mistakes.push(
      `${name} are not shared between instances: use productionStores(…), or say \`singleInstance: true\``,
    );
  }
}
