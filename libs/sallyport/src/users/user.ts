/** A resource owner is known by issuer and subject together (OpenID Connect Core §5.7): never by e-mail. */
export interface UserId {
  /** `iss` of the tokens that name this user. */
  readonly issuer: string;
  /** `sub`: unique within its issuer, never reassigned. */
  readonly subject: string;
}

/** What we keep of a user; the profile is the host's. No record means: never suspended. */
export interface UserState extends UserId {
  readonly suspendedAt: Date | null;
}
