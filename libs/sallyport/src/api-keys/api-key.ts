import type { UserId } from '../users/user.js';

export type ApiKeyEnvironment = 'live' | 'test';

/** An API key as it is kept: the secret only as its SHA-256. */
export interface ApiKey {
  /** 16 base62 characters, part of the key's text. Not secret: logs and lists show it. */
  readonly id: string;
  /** SHA-256, hex, of the secret; of the whole text for a key imported from another system. */
  readonly secretHash: string;
  /** First part of the text: ours, or the configured foreign prefix of an imported key. */
  readonly prefix: string;
  /** Imported by hash: has no checksum and no id in its text. */
  readonly isForeign: boolean;
  readonly environment: ApiKeyEnvironment;
  readonly name: string;
  /** The client whose key it is. */
  readonly clientId: string;
  /** Set on a personal key: it then acts for this user, and dies with the user's suspension. */
  readonly user: UserId | null;
  readonly scope: readonly string[];
  /** CIDR ranges, v4 and v6, from which it may be used; empty is anywhere. */
  readonly addressRanges: readonly string[];
  /** May only sign requests; refused as text. */
  readonly signedOnly: boolean;
  /** The secret with which it signs requests (RFC 9421, `hmac-sha256`), sealed; null for a key that cannot. */
  readonly sealedSigningSecret: string | null;
  /** Epochs at issue: `revoke` by client or by user raises them, and older keys are refused. */
  readonly clientEpoch: number;
  readonly userEpoch: number;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  /** The key that took its place when it was rotated. */
  readonly replacedBy: string | null;
  readonly lastUsedAt: Date | null;
  readonly useCount: number;
}

/** What may be changed on a key that exists. */
export type ApiKeyChanges = Partial<
  Pick<ApiKey, 'name' | 'scope' | 'addressRanges' | 'signedOnly' | 'expiresAt'>
>;

/** Uses of one key since the last flush. */
export interface ApiKeyUse {
  readonly apiKeyId: string;
  readonly count: number;
  readonly lastUsedAt: Date;
}
