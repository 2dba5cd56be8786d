import type { JSONWebKeySet } from 'jose';

/** Only apps that carry this product token in `User-Agent` (RFC 9110 §10.1.5) are let in. A weak signal: anyone can write it. */
export interface UserAgentRule {
  /** Product name, compared without regard to case: `InvoicesApp` in `InvoicesApp/2.3.1 iOS/19`. */
  readonly product: string;
  /** Oldest version that is let in: dotted numbers, `2.3.0`. */
  readonly minimumVersion?: string;
  /** Versions refused one by one: the kill switch for a leaked build. */
  readonly refusedVersions?: readonly string[];
}

/** The software calling (RFC 6749 §1.1). */
export interface Client {
  /** `client_id`: 1 to 64 of `A-Z a-z 0-9 . _ -`. Disjoint from user subjects. */
  readonly clientId: string;
  readonly name: string;
  /** RFC 6749 §2.1: whether it can keep a secret. */
  readonly type: 'public' | 'confidential';
  /** Someone else's app: its users are asked for consent. */
  readonly isThirdParty: boolean;
  /** The most it may ever be granted. */
  readonly scope: readonly string[];
  readonly grantTypes: readonly string[];
  readonly redirectUris: readonly string[];
  /** Where a browser may be sent after logout (OpenID Connect RP-Initiated Logout 1.0 §3.1): as redirect URIs are. */
  readonly postLogoutRedirectUris: readonly string[];
  /** Resource indicators (RFC 8707 §2) of the APIs that it serves: it may introspect tokens that are for them. */
  readonly resources: readonly string[];
  /**
   * Public keys of a confidential client that authenticates by `private_key_jwt` (RFC 7523, OpenID Connect Core §9)
   * and then by no secret. Null: by secret, or not at all when it is public.
   */
  readonly jwks: JSONWebKeySet | null;
  /** How long its access tokens live, 1 to 86400; null is the server's default. */
  readonly accessTokenSeconds: number | null;
  /**
   * Whether an answer to a refresh that got lost may be asked for again, within the server's grace. False is strict:
   * any second use of a refresh token ends its family (RFC 9700 §4.14.2).
   */
  readonly refreshGrace: boolean;
  /** Refuses its authorization requests that were not pushed (RFC 9126 §6). */
  readonly requiresPushedRequests: boolean;
  /** Origins whose browsers may call us for this client (CORS). */
  readonly origins: readonly string[];
  /** Name of a plan in `throttling.plans`; null is the default plan. */
  readonly plan: string | null;
  readonly userAgent: UserAgentRule | null;
  readonly createdAt: Date;
  readonly disabledAt: Date | null;
  /** Counts updates; an update names the version it read, so that none is lost. */
  readonly version: number;
}

/** A secret of a confidential client. Several may be valid at once, so that one can be replaced without downtime. */
export interface ClientSecret {
  /** UUIDv7. */
  readonly id: string;
  readonly clientId: string;
  /** SHA-256 of the secret, hex: it is 43 random base62 characters, so a slow hash would add nothing. */
  readonly secretHash: string;
  /** The client's epoch at issue: revoking the client raises it, and ends older secrets. */
  readonly clientEpoch: number;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}
