import type { ApiKeyEnvironment } from './api-key.js';
import { isScopeToken } from '../input.js';
import { isApiKeyPrefix } from './api-key-format.js';

export type ApiKeyPreset = 'read' | 'write' | 'admin';

const PRESETS: readonly string[] = ['read', 'write', 'admin'] satisfies ApiKeyPreset[];
/** The longest overlap of a rotation: 30 days. */
export const MAX_OVERLAP_SECONDS = 30 * 86_400;
const MAX_LIFETIME_SECONDS = 100 * 365 * 86_400;

export interface ApiKeyOptions {
  /** First part of every key: 1 to 16 of `a-z 0-9`, a letter first. @default 'sp' */
  readonly prefix?: string;
  /** Keys of the other environment are refused. @default 'live', and 'test' in development */
  readonly environment?: ApiKeyEnvironment;
  /** How long a key lives unless the issuer says otherwise. @default 7776000 (90 days) */
  readonly lifetimeSeconds?: number;
  /** The longest life that may be asked for, 100 years at most. @default 31536000 (a year) */
  readonly maxLifetimeSeconds?: number;
  /** How long a rotated key goes on working beside its successor, 30 days at most. @default 86400 (24 hours) */
  readonly overlapSeconds?: number;
  /** Prefixes of another system's keys that were imported by hash, such as `['old-']`. @default [] */
  readonly foreignPrefixes?: readonly string[];
  /**
   * Scope of each preset. @default read: the client's scope that ends in `:read`; write: that, and what
   * ends in `:write`; admin: all of the client's scope
   */
  readonly presets?: Partial<Readonly<Record<ApiKeyPreset, readonly string[]>>>;
}

export interface ResolvedApiKeyOptions {
  readonly prefix: string;
  readonly environment: ApiKeyEnvironment;
  readonly lifetimeSeconds: number;
  readonly maxLifetimeSeconds: number;
  readonly overlapSeconds: number;
  readonly foreignPrefixes: readonly string[];
  readonly presets: Partial<Readonly<Record<ApiKeyPreset, readonly string[]>>>;
}

export const API_KEY_OPTIONS = Symbol('ApiKeyOptions');

export function resolveApiKeyOptions(
  options: ApiKeyOptions,
  isDevelopment: boolean,
  mistakes: string[],
): ResolvedApiKeyOptions {
  const resolved = {
    prefix: options.prefix ?? 'sp',
    environment: options.environment ?? (isDevelopment ? ('test' as const) : ('live' as const)),
    lifetimeSeconds: options.lifetimeSeconds ?? 90 * 86_400,
    maxLifetimeSeconds: options.maxLifetimeSeconds ?? 365 * 86_400,
    overlapSeconds: options.overlapSeconds ?? 86_400,
    foreignPrefixes: options.foreignPrefixes ?? [],
    presets: options.presets ?? {},
  };
  if (!isApiKeyPrefix(resolved.prefix)) {
    mistakes.push('apiKeys.prefix must be 1 to 16 of a-z and 0-9, a letter first');
  }
  for (const name of ['lifetimeSeconds', 'maxLifetimeSeconds'] as const) {
    if (!isWhole(resolved[name], 1, MAX_LIFETIME_SECONDS)) {
      mistakes.push(`apiKeys.${name} must be a whole number from 1 to ${MAX_LIFETIME_SECONDS}`);
    }
  }
  if (!isWhole(resolved.overlapSeconds, 0, MAX_OVERLAP_SECONDS)) {
    mistakes.push(`apiKeys.overlapSeconds must be a whole number from 0 to ${MAX_OVERLAP_SECONDS}`);
  }
  if (resolved.lifetimeSeconds > resolved.maxLifetimeSeconds) {
    mistakes.push('apiKeys.lifetimeSeconds must not be above apiKeys.maxLifetimeSeconds');
  }
  checkEnvironment(resolved.environment, mistakes);
  checkForeignPrefixes(resolved.foreignPrefixes, `${resolved.prefix}_`, mistakes);
  checkPresets(resolved.presets, mistakes);
  return Object.freeze(resolved);
}

const isWhole = (value: number, least: number, most: number): boolean =>
  Number.isSafeInteger(value) && value >= least && value <= most;

function checkEnvironment(environment: string, mistakes: string[]): void {
  if (environment !== 'live' && environment !== 'test') {
    mistakes.push('apiKeys.environment must be live or test');
  }
}

/** Whatever could be the beginning of a key of ours is no foreign prefix: a mistyped key would cost a store call. */
function checkForeignPrefixes(prefixes: readonly string[], ours: string, mistakes: string[]): void {
  for (const prefix of prefixes) {
    const isOurs = ours.startsWith(prefix) || prefix.startsWith(ours);
    if (!/^[A-Za-z0-9_-]{2,32}$/.test(prefix) || isOurs) {
      mistakes.push(
        `apiKeys.foreignPrefixes: "${prefix}" must be 2 to 32 of A-Z a-z 0-9 _ - and not begin our own keys`,
      );
    }
  }
}

function checkPresets(presets: ApiKeyOptions['presets'] & object, mistakes: string[]): void {
  for (const [name, scope] of Object.entries(presets)) {
    if (!PRESETS.includes(name) || !Array.isArray(scope) || !scope.every(isScopeToken)) {
      mistakes.push(
        `apiKeys.presets.${name} must be a list of scope values, for read, write or admin`,
      );
    }
  }
}
