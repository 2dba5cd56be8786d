import type { JSONWebKeySet } from 'jose';
import type { Claims } from '../../principals/caller.js';
import type { SigningAlgorithm } from '../../signing-keys/signing-key.js';
import type { TokenEncryption } from './token-encryption.js';

/** Who is client, who is user, and what was granted, as one issuer's token says it. */
export interface MappedClaims {
  readonly clientId: string;
  /** Null (or absent) in a client's own token. Subjects are never client ids. */
  readonly subject?: string | null;
  readonly scope: readonly string[];
  /** Absent when the token does not say: then the role grants we keep decide. */
  readonly roles?: readonly string[];
}

/** Another issuer whose access tokens are accepted: another company's, Keycloak, Auth0. */
export interface TrustedIssuer {
  /** `iss` exactly as its tokens spell it. */
  readonly issuer: string;
  /** Values of `aud`, one of which a token must carry: how this API is called there. */
  readonly audience: string | readonly string[];
  /** Algorithms its tokens may be signed with; a key that names another one is not used. */
  readonly algorithms: readonly SigningAlgorithm[];
  /** Where its JWK set is. Exactly one of `jwksUri` and `jwks`. */
  readonly jwksUri?: string;
  readonly jwks?: JSONWebKeySet;
  /** Accepted `typ` headers. Anything but `at+jwt` needs `isAccessToken`. @default ['at+jwt'] */
  readonly acceptTyp?: readonly string[];
  /** Its tokens as nested JWE, encrypted to our key. @default 'refused' */
  readonly encryptedTokens?: TokenEncryption;
  /** Our client ids that this issuer may name: it speaks for no other client. */
  readonly clients: readonly string[];
  /** Reads who is calling; null refuses the token. @default RFC 9068 claims but for `roles`; `sub_type: "user"` marks a user's token */
  readonly mapClaims?: (claims: Claims) => MappedClaims | null;
  /** The positive mark by which its access tokens are told from its ID tokens (RFC 8725 §3.12). */
  readonly isAccessToken?: (claims: Claims) => boolean;
}
