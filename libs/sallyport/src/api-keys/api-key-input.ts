import { invalidInput, isName, isScopeToken } from '../input.js';
import { isAddressRange } from '../network/address.js';
import type { Client } from '../clients/client.js';
import type { ApiKeyPreset, ResolvedApiKeyOptions } from './api-key.options.js';

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
  if (!isName(name)) throw invalidInput('name must be 1 to 100 characters, without control characters');
}

export function checkAddressRanges(ranges: readonly string[]): void {
  const wrong = ranges.find((range) => !isAddressRange(range));
  if (wrong !== undefined) throw invalidInput(`"${wrong}" is neither an address nor a CIDR range`);
  if (ranges.length > 50) throw invalidInput('addressRanges must have 50 entries at most');
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
    throw invalidInput(`scope "${wrong}" is not in the allowed scope of client ${client.clientId}`);
  }
  if (scope.length === 0) throw invalidInput('scope must name at least one value');
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
