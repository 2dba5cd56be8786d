export interface RevocationOptions {
  /**
   * How long a revocation is remembered in the list. Must cover the longest life of any access token that is
   * accepted, and twice the clock skew; a token that is older is refused. @default 86460 (a day and a minute)
   */
  readonly horizonSeconds?: number;
  /** By how much the clocks of other issuers may differ from ours. @default 30 */
  readonly clockSkewSeconds?: number;
}

export interface ResolvedRevocationOptions {
  readonly horizonSeconds: number;
  readonly clockSkewSeconds: number;
  /** A token issued longer ago than this may have outlived its own revocation. */
  readonly maxTokenAgeSeconds: number;
}

export const REVOCATION_OPTIONS = Symbol('RevocationOptions');

export function resolveRevocationOptions(
  options: RevocationOptions,
  mistakes: string[],
): ResolvedRevocationOptions {
  const { horizonSeconds = 86_460, clockSkewSeconds = 30 } = options;
  if (!Number.isInteger(clockSkewSeconds) || clockSkewSeconds < 0) {
    mistakes.push('revocation.clockSkewSeconds must be a whole number, 0 or more');
  }
  if (!Number.isInteger(horizonSeconds) || horizonSeconds <= 2 * clockSkewSeconds) {
    mistakes.push('revocation.horizonSeconds must be a whole number above twice the clock skew');
  }
  return Object.freeze({
    horizonSeconds,
    clockSkewSeconds,
    maxTokenAgeSeconds: horizonSeconds - 2 * clockSkewSeconds,
  });
}
