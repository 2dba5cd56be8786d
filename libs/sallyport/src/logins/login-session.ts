/** A browser's session with the authorization server: what its cookie stands for. */
export interface LoginSession {
  /** The engine's `uid` of it. No bearer value. */
  readonly id: string;
  /** SHA-256 of the cookie's value, hex; changes at every login. */
  readonly cookieHash: string;
  /** Null, with `subject`, before anyone has signed in. */
  readonly issuer: string | null;
  readonly subject: string | null;
  /** The user's epoch from before their password was checked. */
  readonly userEpoch: number;
  /** In the engine's own shape; without the cookie's value. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
}

/** What a request leaves of the session: a null epoch keeps the one that is stored. */
export type LoginSessionWrite = Omit<LoginSession, 'userEpoch' | 'endedAt'> & {
  readonly userEpoch: number | null;
};
