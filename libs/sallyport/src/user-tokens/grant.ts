/** Where a user signed in from, as they see it in the list of their sessions. */
export interface Device {
  /** What the user called it; null until they do. */
  readonly name: string | null;
  readonly address: string | null;
  readonly userAgent: string | null;
}

/** Who ended something, when and why. */
export interface Ending {
  readonly at: Date;
  /** As in `ChangedBy`. */
  readonly by: string;
  readonly reason: string | null;
}

/**
 * What one login of one user allowed one client: the family of all codes and tokens that come of it. It is alive
 * while it is neither ended nor expired and no epoch has passed it.
 */
export interface Grant {
  /** `gid` of its tokens: 256 random bits, base64url. No bearer value. */
  readonly id: string;
  readonly issuer: string;
  readonly subject: string;
  readonly clientId: string;
  /** `LoginSession.id` of the browser session in which it was given. */
  readonly loginId: string;
  /** `sid` of its tokens: this client in that browser session (OpenID Connect Front-Channel Logout §3). */
  readonly sid: string;
  /** Scope and claims that were granted, in the engine's own shape. */
  readonly details: Readonly<Record<string, unknown>>;
  /** The user's epoch when they authenticated. */
  readonly userEpoch: number;
  /** The client's epoch when it was given. */
  readonly clientEpoch: number;
  readonly device: Device;
  readonly createdAt: Date;
  /** The end of every token of the family, however often it is refreshed. */
  readonly expiresAt: Date;
  readonly ended: Ending | null;
}
