import {
  JWKS_MAX_AGE_SECONDS,
  type ResolvedRotationOptions,
} from '../key-rotation/rotation.options.js';
import type { SigningAlgorithm } from './signing-key.js';

export interface SigningKeyOptions {
  /** For keys made from now on; those that exist keep theirs. @default 'ES256' */
  readonly algorithm?: SigningAlgorithm;
  /** How long a key signs. @default 2592000 (30 days) */
  readonly rotateAfterSeconds?: number;
  /** A key is published at least so long before it signs, for the sake of whoever caches the set. @default 86400 */
  readonly publishBeforeUseSeconds?: number;
  /** How long a key verifies after it signed last. @default the longest token life, twice the clock skew, and 300 */
  readonly retireAfterSeconds?: number;
  /** How often the schedule is looked at. @default 60 */
  readonly checkEverySeconds?: number;
}

/** What the options of other parts say about our own tokens. */
export interface OwnTokens {
  readonly issuer: string;
  readonly maxTokenLifetimeSeconds: number;
  readonly clockSkewSeconds: number;
}

export interface ResolvedSigningKeyOptions extends ResolvedRotationOptions {
  /** `iss` of the tokens that these keys sign. */
  readonly issuer: string;
  readonly algorithm: SigningAlgorithm;
}

export const SIGNING_KEY_OPTIONS = Symbol('SigningKeyOptions');

const ALGORITHMS: readonly SigningAlgorithm[] = ['ES256', 'RS256', 'PS256', 'EdDSA'];

export function resolveSigningKeyOptions(
  options: SigningKeyOptions,
  { issuer, maxTokenLifetimeSeconds, clockSkewSeconds }: OwnTokens,
  mistakes: string[],
): ResolvedSigningKeyOptions {
  const {
    algorithm = 'ES256',
    rotateAfterSeconds = 2_592_000,
    publishBeforeUseSeconds = 86_400,
    retireAfterSeconds = maxTokenLifetimeSeconds + 2 * clockSkewSeconds + 300,
    checkEverySeconds = 60,
  } = options;
  const leastRetire = maxTokenLifetimeSeconds + clockSkewSeconds;
  const mistake = (name: keyof SigningKeyOptions, demand: string): void => {
    mistakes.push(`signingKeys.${name} must be ${demand}`);
  };
  if (!ALGORITHMS.includes(algorithm)) mistake('algorithm', `one of ${ALGORITHMS.join(', ')}`);
  if (!(publishBeforeUseSeconds >= JWKS_MAX_AGE_SECONDS)) {
    mistake('publishBeforeUseSeconds', `${JWKS_MAX_AGE_SECONDS.toString()} or more`);
  }
  if (!(rotateAfterSeconds >= publishBeforeUseSeconds)) {
    mistake('rotateAfterSeconds', 'publishBeforeUseSeconds or more');
  }
  if (!(retireAfterSeconds > leastRetire)) {
    mistake('retireAfterSeconds', `more than the longest token life, ${leastRetire.toString()}`);
  }
  if (!(checkEverySeconds >= 1 && checkEverySeconds <= 3600)) {
    mistake('checkEverySeconds', '1 to 3600');
  }
  return Object.freeze({
    issuer,
    algorithm,
    rotateAfterSeconds,
    publishBeforeUseSeconds,
    retireAfterSeconds,
    checkEverySeconds,
  });
}
