import { addSeconds } from '../clock.js';
import { SallyportError } from '../errors.js';
import { invalidInput, isName, isScopeToken, quoted } from '../input.js';
import { isAddressRange } from '../network/address.js';
import type { Client } from '../clients/client.js';
import type { UserId } from '../users/user.js';
import type { ApiKey, ApiKeyChanges } from './api-key.js';
import {
  MAX_OVERLAP_SECONDS,
  type ApiKeyPreset,
  type ResolvedApiKeyOptions,
} from './api-key.options.js';

/** What may be asked of a new key beside its name and client. */
export interface ApiKeyDemands {
  /** Exactly this scope; all of it must be the client's. Give this or `preset`. */
  readonly scope?: readonly string[];
  readonly preset?: ApiKeyPreset;
  /** CIDR ranges or addresses, v4 and v6. @default [] anywhere */
  readonly addressRanges?: readonly string[];
  /** @default options.apiKeys.lifetimeSeconds */
  readonly lifetimeSeconds?: number;
}

export function checkName(name: string): void {
  if (!isName(name)) {
    throw invalidInput('name must be 1 to 100 characters, without control characters');
  }
}

export function checkAddressRanges(ranges: readonly string[]): void {
  if (ranges.length > 50) throw invalidInput('addressRanges must have 50 entries at most');
  const wrong = ranges.find((range) => !isAddressRange(range));
  if (wrong !== undefined) {
    throw invalidInput(`${quoted(wrong)} in addressRanges is neither an address nor a CIDR range`);
  }
}

/** Issuer and subject alone, whatever else the object carries. */
export function checkedUser({ issuer, subject }: UserId): UserId {
  if (!isUserPart(issuer) || !isUserPart(subject)) {
    throw invalidInput('user must have an issuer and a subject, 1 to 255 characters each');
  }
  return { issuer, subject };
}

const isUserPart = (text: unknown): boolean =>
  typeof text === 'string' && text !== '' && text.length <= 255 && !/[\p{Cc}\p{Cs}]/u.test(text);

/** The fields that may be changed, and no other that the object may carry. */
export function changesIn(asked: ApiKeyChanges): ApiKeyChanges {
  const { name, scope, addressRanges, signedOnly, expiresAt } = asked;
  return {
    ...(name !== undefined && { name }),
    ...(scope !== undefined && { scope: [...new Set(scope)] }),
    ...(addressRanges !== undefined && { addressRanges: [...addressRanges] }),
    ...(signedOnly !== undefined && { signedOnly }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

/** The scope of a new key: what was asked for, or what the preset means for this client. Never beyond the client's. */
export function chooseScope(
  client: Client,
  { scope, preset }: ApiKeyDemands,
  options: ResolvedApiKeyOptions,
): readonly string[] {
  if ((scope === undefined) === (preset === undefined)) {
    throw invalidInput('give either scope or preset');
  }
  if (scope !== undefined) {
    checkScope(client, scope);
    return [...new Set(scope)];
  }
  const chosen = presetScope(client, preset ?? 'read', options);
  if (chosen.length === 0) {
    throw invalidInput(`preset ${preset ?? ''} gives client ${client.clientId} no scope at all`);
  }
  return chosen;
}

export function checkScope(client: Client, scope: readonly string[]): void {
  const wrong = scope.find((value) => !isScopeToken(value) || !client.scope.includes(value));
  if (wrong !== undefined) {
    throw invalidInput(
      `scope ${quoted(wrong)} is not in the allowed scope of client ${client.clientId}`,
    );
  }
  if (scope.length === 0) throw invalidInput('scope must name at least one value');
}

/** Of a rotated key's scope, what its client may still do. */
export function scopeToPassOn(client: Client, scope: readonly string[]): readonly string[] {
  const kept = scope.filter((value) => client.scope.includes(value));
  if (kept.length === 0) {
    throw new SallyportError('ERR_CONFLICT', {
      reason: `client ${client.clientId} has nothing of the key's scope any more`,
      detail: 'The client may do nothing of what this API key may: issue a new one.',
    });
  }
  return kept;
}

function presetScope(
  client: Client,
  preset: ApiKeyPreset,
  { presets }: ResolvedApiKeyOptions,
): readonly string[] {
  const configured = presets[preset];
  if (configured !== undefined) return client.scope.filter((value) => configured.includes(value));
  const endings = { read: [':read'], write: [':read', ':write'], admin: [''] }[preset];
  return client.scope.filter((value) => endings.some((ending) => value.endsWith(ending)));
}

/** Seconds that a new key may live. */
export function chooseLifetime(
  lifetimeSeconds: number | undefined,
  options: ResolvedApiKeyOptions,
): number {
  const seconds = lifetimeSeconds ?? options.lifetimeSeconds;
  if (!Number.isSafeInteger(seconds) || seconds < 1 || seconds > options.maxLifetimeSeconds) {
    throw invalidInput(
      `lifetimeSeconds must be a whole number from 1 to ${options.maxLifetimeSeconds.toString()}`,
    );
  }
  return seconds;
}

/** As many seconds as the old key was given, within what may be asked for today. */
export function lifetimeToPassOn(
  { createdAt, expiresAt }: Pick<ApiKey, 'createdAt' | 'expiresAt'>,
  { lifetimeSeconds, maxLifetimeSeconds }: ResolvedApiKeyOptions,
): number {
  if (expiresAt === null) return lifetimeSeconds;
  const given = Math.ceil((expiresAt.getTime() - createdAt.getTime()) / 1000);
  return Math.min(given, maxLifetimeSeconds);
}

export function checkExpiry(
  expiresAt: Date | null | undefined,
  now: Date,
  { maxLifetimeSeconds }: ResolvedApiKeyOptions,
): void {
  if (expiresAt === undefined) return;
  const latest = addSeconds(now, maxLifetimeSeconds);
  if (expiresAt === null || Number.isNaN(expiresAt.getTime()) || expiresAt > latest) {
    throw invalidInput(`expiresAt must be within ${maxLifetimeSeconds} seconds from now`);
  }
}

export function checkOverlap(seconds: number): void {
  if (!Number.isSafeInteger(seconds) || seconds < 0 || seconds > MAX_OVERLAP_SECONDS) {
    throw invalidInput(
      `overlapSeconds must be a whole number from 0 to ${MAX_OVERLAP_SECONDS} (30 days)`,
    );
  }
}
