import type { JWK } from 'jose';

/**
 * `next` waits its turn; `active` is what new things are made with; `retiring` only serves what was made with it
 * before; `retired` and `revoked` are gone.
 */
export type KeyState = 'next' | 'active' | 'retiring' | 'retired' | 'revoked';

/** A key pair of ours that is replaced on a schedule. */
export interface RotatedKey<Algorithm extends string = string> {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly state: KeyState;
  /** Public members only, with `kid`, `alg` and `use`. */
  readonly publicJwk: JWK;
  /** The private JWK, sealed under the key-encryption key; AAD names table, row and column. */
  readonly sealedPrivateJwk: string;
  readonly createdAt: Date;
  /** When it entered its present state. */
  readonly stateSince: Date;
}
