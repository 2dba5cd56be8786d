/** An authorization code (RFC 6749 §1.3.1), by its hash: the code itself is kept nowhere. */
export interface AuthorizationCode {
  /** SHA-256 of the code, hex. */
  readonly codeHash: string;
  readonly grantId: string;
  /** Redirect URI, challenge, scope and so on, in the engine's own shape; without the code. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly consumedAt: Date | null;
}
