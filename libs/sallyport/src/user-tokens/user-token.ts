import type { Device } from './grant.js';

/**
 * A refresh token (RFC 6749 §1.5), by its hash. Each is spent once for its successor; the last one of a family, the
 * head, is what a user sees as one of their sessions.
 */
export interface UserToken {
  /** UUIDv7. */
  readonly id: string;
  /** SHA-256 of the token's 256 random bits, hex. */
  readonly secretHash: string;
  /** Its family. */
  readonly grantId: string;
  readonly issuer: string;
  readonly subject: string;
  readonly clientId: string;
  readonly sid: string;
  readonly device: Device;
  /** Scope, resource, binding and so on, in the engine's own shape; without the token. */
  readonly details: Readonly<Record<string, unknown>>;
  /** When the family began: the login. */
  readonly startedAt: Date;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  /** Unless it is used before. */
  readonly idleEndsAt: Date;
  /** However often the family is refreshed. */
  readonly endsAt: Date;
  readonly consumedAt: Date | null;
  readonly successorId: string | null;
  /** The answer that its use gave, for a retry within the grace; sealed, and gone once the successor is used. */
  readonly sealedAnswer: string | null;
  readonly revokedAt: Date | null;
  readonly revokedBy: string | null;
  readonly revokeReason: string | null;
}

/** How a token is spent. */
export interface Consumption {
  readonly at: Date;
  readonly successorId: string | null;
  readonly sealedAnswer: string | null;
}
