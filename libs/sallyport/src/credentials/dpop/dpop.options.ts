import type { SigningAlgorithm } from '../../signing-keys/signing-key.js';
import { SIGNING_ALGORITHMS } from '../bearer/jws.js';
import { checkAlgorithms, checkInteger } from '../bearer/option-checks.js';

/** Proof of possession of the key that an access token is bound to (RFC 9449). */
export interface DpopOptions {
  /** Algorithms that proofs may be signed with. @default all four: ES256, RS256, PS256, EdDSA */
  readonly algorithms?: readonly SigningAlgorithm[];
  /** How old a proof may be by its `iat`, beyond the clock skew. With nonces their age counts instead. @default 60 */
  readonly maxAgeSeconds?: number;
  /**
   * Demand a nonce of ours in every proof (RFC 9449 §9), at the token endpoint and at the API: then no proof can be
   * made ahead of time, and clocks of clients need not be right. They rotate every minute. @default false
   */
  readonly requireNonce?: boolean;
}

export interface ResolvedDpopOptions {
  readonly algorithms: readonly SigningAlgorithm[];
  readonly maxAgeSeconds: number;
  readonly clockSkewSeconds: number;
  readonly requireNonce: boolean;
}

export const DPOP_OPTIONS = Symbol('DpopOptions');

export function resolveDpopOptions(
  options: DpopOptions,
  clockSkewSeconds: number,
  mistakes: string[],
): ResolvedDpopOptions {
  const { maxAgeSeconds = 60, requireNonce = false } = options;
  checkInteger('dpop.maxAgeSeconds', maxAgeSeconds, [1, 300], mistakes);
  if (typeof requireNonce !== 'boolean') mistakes.push('dpop.requireNonce must be true or false');
  const algorithms = checkAlgorithms(
    'dpop.algorithms',
    options.algorithms ?? SIGNING_ALGORITHMS,
    mistakes,
  );
  return Object.freeze({ algorithms, maxAgeSeconds, clockSkewSeconds, requireNonce });
}

/** As `algs` of a challenge names them (RFC 9449 §5.1): EdDSA under its newer name too (RFC 9864 §2.2). */
export const proofAlgorithmNames = (algorithms: readonly SigningAlgorithm[]): readonly string[] =>
  algorithms.flatMap((algorithm) => (algorithm === 'EdDSA' ? ['EdDSA', 'Ed25519'] : [algorithm]));
