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

/** Exactly one of them (RFC 8705 §2.1.2). */
export interface TlsClientAuth {
  /** As RFC 4514 spells it: `CN=partner,O=Example,C=DE`. */
  readonly subjectDn?: string;
  readonly sanDns?: string;
  readonly sanUri?: string;
  readonly sanIp?: string;
  readonly sanEmail?: string;
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
  /**
   * Where a confidential client publishes the keys that it signs requests with (RFC 7517 §5): https, on a public address.
   * Those of `jwks` sign too; at the token endpoint they alone count.
   */
  readonly jwksUri: string | null;
  /** How long its access tokens live, 1 to 86400; null is the server's default. */
  readonly accessTokenSeconds: number | null;
  /**
   * Whether an answer to a refresh that got lost may be asked for again, within the server's grace. False is strict:
   * any second use of a refresh token ends its family (RFC 9700 §4.14.2).
   */
  readonly refreshGrace: boolean;
  /** Refuses its authorization requests that were not pushed (RFC 9126 §6). */
  readonly requiresPushedRequests: boolean;
  /**
   * Whether its access tokens must be bound to a DPoP key (RFC 9449 §5.2): it gets no others, and none that are not
   * bound are accepted for it.
   */
  readonly dpopBoundAccessTokens: boolean;
  /**
   * The subject of the certificate by which a confidential client authenticates, where an authority vouches for it
   * (`tls_client_auth`, RFC 8705 §2.1). Null: it does not.
   */
  readonly tlsClientAuth: TlsClientAuth | null;
  /**
   * Certificates by which a confidential client authenticates though no authority vouches for them
   * (`self_signed_tls_client_auth`, RFC 8705 §2.2): base64 of the DER, 1 to 10. Null: it does not.
   */
  readonly selfSignedCertificates: readonly string[] | null;
  /** Whether its access tokens are bound to its certificate (RFC 8705 §3.4), and others of it are refused. */
  readonly tlsClientCertificateBoundAccessTokens: boolean;
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
