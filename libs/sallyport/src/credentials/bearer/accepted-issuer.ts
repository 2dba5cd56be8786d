import type { Claims } from '../../principals/caller.js';
import type { SigningAlgorithm } from '../../signing-keys/signing-key.js';
import type { VerificationKey } from './keys/verification-keys.js';
import type { TokenEncryption } from './token-encryption.js';
import type { MappedClaims } from './trusted-issuer.js';

/** Where an issuer's keys come from. */
export type KeySource =
  | { readonly kind: 'local' }
  | { readonly kind: 'static'; readonly keys: ReadonlyMap<string, VerificationKey> }
  | { readonly kind: 'remote'; readonly uri: string };

/** One issuer and its rules, ours or another's, complete and checked. */
export interface AcceptedIssuer {
  readonly issuer: string;
  /** Our own tokens carry `jti` and epochs, and live no longer than `maxTokenLifetimeSeconds`. */
  readonly isOwn: boolean;
  readonly audience: readonly string[];
  readonly algorithms: readonly SigningAlgorithm[];
  /** As `normalizeTyp` gives them. */
  readonly acceptTyp: ReadonlySet<string>;
  readonly encryption: TokenEncryption;
  readonly keys: KeySource;
  /** Null: any client, since we keep them. */
  readonly clients: ReadonlySet<string> | null;
  readonly mapClaims: (claims: Claims) => MappedClaims | null;
  readonly isAccessToken: ((claims: Claims) => boolean) | null;
}

/** RFC 7515 §4.1.9: media types ignore case, and `application/` is usually left out. */
export const normalizeTyp = (typ: string): string =>
  typ.toLowerCase().replace(/^application\//, '');
