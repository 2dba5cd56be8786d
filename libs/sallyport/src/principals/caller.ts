import type { UserId } from '../users/user.js';

/** The software calling. */
export interface ClientPrincipal {
  readonly clientId: string;
  readonly name: string;
  readonly type: 'public' | 'confidential';
  readonly isThirdParty: boolean;
  /** The plan whose limits apply; null is the default plan. */
  readonly plan: string | null;
}

/** The resource owner it acts for. */
export interface UserPrincipal extends UserId {
  /** When the user last proved who they are (`auth_time`); null where the credential does not say. */
  readonly authenticatedAt: Date | null;
  /** The session in which the user acts (`gid` of our own tokens); null where the credential belongs to none. */
  readonly sessionId: string | null;
}

/** `cnf` of RFC 7800: the key a token is bound to. */
export type Confirmation = Readonly<Record<string, unknown>>;

/** A credential that was presented and verified, by identifier: never its text. */
export interface VerifiedCredential {
  readonly kind: 'api-key' | 'access-token' | 'client-secret' | 'client-key';
  /** API key id, `jti` (or null where another issuer writes none), client secret id, `kid` of the client's key. */
  readonly id: string | null;
  readonly issuer: string | null;
  /** What this credential was granted; null does not narrow (a client secret). */
  readonly scope: ReadonlySet<string> | null;
  readonly actsForUser: boolean;
  /** Whether it was proven by a signature over this very request (RFC 9421), and not sent along. */
  readonly isSigned: boolean;
}

/** Claims of the access token, beyond those that have a field of their own. Empty without a token. */
export type Claims = Readonly<Record<string, unknown>>;

/** Who is calling, and what this request may do: client + user + the authority that follows from both. */
export interface Caller {
  readonly client: ClientPrincipal;
  readonly user: UserPrincipal | null;
  /** Effective scope: the intersection of all legs. */
  readonly scope: ReadonlySet<string>;
  /** Roles of this user in this client, with those they inherit; empty without a user. */
  readonly roles: ReadonlySet<string>;
  readonly claims: Claims;
  /** What the access token is bound to, and this sender has proven to have; null for a bearer token, or none. */
  readonly confirmation: Confirmation | null;
  readonly credentials: readonly VerifiedCredential[];
  /**
   * For what stays open: a stream, a socket. Fires when the caller would no longer be let in (revoked, suspended,
   * disabled, expired), or may do less than before; its `reason` is the `SallyportError`. Shared by the requests of one
   * credential; made when it is first asked for.
   */
  readonly signal: AbortSignal;
  /** What each leg gave, so that `explain()` can name the one that denied. */
  readonly legs: AuthorityLegs;
}

export interface AuthorityLegs {
  /** What the client may ever do. */
  readonly client: ReadonlySet<string>;
  /** What each presented credential was granted. */
  readonly credentials: readonly VerifiedCredential[];
  /** What the user's roles give in this client; null when no user acts, or the app uses no roles. */
  readonly roles: ReadonlySet<string> | null;
}
