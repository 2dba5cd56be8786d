import type { JWK } from 'jose';

export type SigningAlgorithm = 'ES256' | 'RS256' | 'PS256' | 'EdDSA';

/** `next` is published but not used; `active` signs; `retiring` only verifies; `retired` and `revoked` are gone. */
export type SigningKeyState = 'next' | 'active' | 'retiring' | 'retired' | 'revoked';

/** A JWK we sign with (RFC 7517). */
export interface SigningKey {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly state: SigningKeyState;
  /** Public members only, with `kid`, `alg` and `use`. */
  readonly publicJwk: JWK;
  /** The private JWK, sealed under the key-encryption key; AAD names table, row and column. */
  readonly sealedPrivateJwk: string;
  readonly createdAt: Date;
  /** When it entered its present state. */
  readonly stateSince: Date;
}
