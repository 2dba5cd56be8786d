/** Who has just proved who they are. */
export interface AuthenticatedUser {
  /** `sub`: 1 to 255 characters, unique, never reassigned, spelt like no client id. */
  readonly subject: string;
  /** How (RFC 8176): `pwd`, `otp`, `hwk`. */
  readonly amr: readonly string[];
}

/** What the user typed. */
export interface PasswordLogin {
  readonly username: string;
  readonly password: string;
}

/**
 * Port: the host's users. We keep nothing of them but their subject. Whatever it throws, and
 * an answer that takes two seconds, is answered with 503 and changes nothing.
 */
export abstract class UserDirectory {
  /**
   * Whom a name stands for, asked before `authenticate`, so that what was issued to the user in the meantime is
   * known to be older than their password. Null for an unknown name; the page then goes on as if it were known.
   */
  abstract subjectOf(username: string): Promise<string | null>;

  /** Null unless name and password belong together; must cost as much for an unknown name as for a wrong password. */
  abstract authenticate(login: PasswordLogin): Promise<AuthenticatedUser | null>;

  /** Whether there still is such a user. */
  abstract findBySub(subject: string): Promise<{ readonly subject: string } | null>;

  /** Claims for userinfo, for no more than this scope asks (OpenID Connect Core §5.4). */
  abstract claims(
    subject: string,
    scope: ReadonlySet<string>,
  ): Promise<Readonly<Record<string, unknown>>>;
}
