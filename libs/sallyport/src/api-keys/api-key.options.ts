import type { ApiKeyEnvironment } from './api-key.js';
import { isApiKeyPrefix } from './api-key-format.js';

export type ApiKeyPreset = 'read' | 'write' | 'admin';

export interface ApiKeyOptions {
  /** First part of every key: 1 to 16 of `a-z 0-9`, a letter first. @default 'sp' */
  readonly prefix?: string;
  /** Keys of the other environment are refused. @default 'live', and 'test' in development */
  readonly environment?: ApiKeyEnvironment;
  /** How long a key lives unless the issuer says otherwise. @default 7776000 (90 days) */
  readonly lifetimeSeconds?: number;
  /** The longest life that may be asked for. @default 31536000 (a year) */
  readonly maxLifetimeSeconds?: number;
  /** How long a rotated key goes on working beside its successor. @default 86400 (24 hours) */
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
    if (!Number.isSafeInteger(resolved[name]) || resolved[name] <= 0) {
      mistakes.push(`apiKeys.${name} must be a whole number above 0`);
    }
  }
  if (!Number.isSafeInteger(resolved.overlapSeconds) || resolved.overlapSeconds < 0) {
    mistakes.push('apiKeys.overlapSeconds must be a whole number, 0 or more');
  }
  if (resolved.lifetimeSeconds > resolved.maxLifetimeSeconds) {
    mistakes.push('apiKeys.lifetimeSeconds must not be above apiKeys.maxLifetimeSeconds');
  }
  for (const prefix of resolved.foreignPrefixes) {
    // A foreign prefix that our own keys begin with would send their lookups to the wrong column.
    if (!/^[A-Za-z0-9_-]{2,32}$/.test(prefix) || `${resolved.prefix}_`.startsWith(prefix)) {
      mistakes.push(
        `apiKeys.foreignPrefixes: "${prefix}" must be 2 to 32 of A-Z a-z 0-9 _ - and not begin our own keys`,
      );
    }
  }
  return Object.freeze(resolved);
}
