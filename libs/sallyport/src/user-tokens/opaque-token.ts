/** An access token by reference, by its hash (RFC 7662 tells what it means). */
export interface OpaqueToken {
  /** SHA-256 of the token's 256 random bits, hex. */
  readonly secretHash: string;
  /** `jti`, by which it is known: no bearer value. UUIDv7. */
  readonly id: string;
  /** Null in a client's own token. */
  readonly grantId: string | null;
  readonly clientId: string;
  /** The client's epoch that it carries, for a client's own token. */
  readonly clientEpoch: number;
  /** Audience, scope, claims and so on, in the engine's own shape; without the token. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
}
