import type { ApiKey } from '../api-keys/api-key.js';

/** An API key as administrators see it: everything but its secrets. */
export interface ApiKeyView extends Omit<ApiKey, 'secretHash' | 'sealedSigningSecret'> {
  /** Whether it has a secret to sign requests with. */
  readonly canSign: boolean;
  readonly state: 'active' | 'replaced' | 'expired' | 'revoked';
}

/** Field by field: a column added to the record does not show up here by itself. */
export function viewOf(key: ApiKey, hasEnded: boolean, now: Date): ApiKeyView {
  return {
    id: key.id,
    state: hasEnded ? 'revoked' : stateOf(key, now),
    prefix: key.prefix,
    isForeign: key.isForeign,
    environment: key.environment,
    name: key.name,
    clientId: key.clientId,
    user: key.user,
    scope: key.scope,
    addressRanges: key.addressRanges,
    signedOnly: key.signedOnly,
    canSign: key.sealedSigningSecret !== null,
    clientEpoch: key.clientEpoch,
    userEpoch: key.userEpoch,
    createdAt: key.createdAt,
    expiresAt: key.expiresAt,
    revokedAt: key.revokedAt,
    replacedBy: key.replacedBy,
    lastUsedAt: key.lastUsedAt,
    useCount: key.useCount,
  };
}

function stateOf({ revokedAt, expiresAt, replacedBy }: ApiKey, now: Date): ApiKeyView['state'] {
  if (revokedAt !== null) return 'revoked';
  if (expiresAt !== null && expiresAt <= now) return 'expired';
  return replacedBy === null ? 'active' : 'replaced';
}
