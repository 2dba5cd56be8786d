/** What the host may say of it; all else follows from its tokens. */
export interface StalenessOptions {
  /**
   * For how long requests are answered though no store tells any more what was revoked; 503 after that. A route may
   * say otherwise by `@Revocation`. @default 30
   */
  readonly maxStalenessSeconds?: number;
}

export interface RevocationOptions extends StalenessOptions {
  /**
   * How long a revocation is remembered in the list. Must cover the longest life of any access token that is
   * accepted, and twice the clock skew; a token that is older is refused. @default 86460 (a day and a minute)
   */
  readonly horizonSeconds?: number;
  /** How long a revoked session or grant is remembered: as long as any lives. @default 7776000 (90 days) */
  readonly sessionSeconds?: number;
  /** By how much the clocks of other issuers may differ from ours. @default 30 */
  readonly clockSkewSeconds?: number;
}

export interface ResolvedRevocationOptions {
  readonly horizonSeconds: number;
  readonly sessionSeconds: number;
  readonly clockSkewSeconds: number;
  readonly maxStalenessSeconds: number;
  /** A token issued longer ago than this may have outlived its own revocation. */
  readonly maxTokenAgeSeconds: number;
}

export const REVOCATION_OPTIONS = Symbol('RevocationOptions');

export function resolveRevocationOptions(
  options: RevocationOptions,
  mistakes: string[],
): ResolvedRevocationOptions {
  const { horizonSeconds = 86_460, clockSkewSeconds = 30, maxStalenessSeconds = 30 } = options;
  const { sessionSeconds = Math.max(7_776_000, horizonSeconds) } = options;
  if (!Number.isInteger(clockSkewSeconds) || clockSkewSeconds < 0) {
    mistakes.push('revocation.clockSkewSeconds must be a whole number, 0 or more');
  }
  if (!Number.isInteger(horizonSeconds) || horizonSeconds <= 2 * clockSkewSeconds) {
    mistakes.push('revocation.horizonSeconds must be a whole number above twice the clock skew');
  }
  if (!Number.isInteger(sessionSeconds) || sessionSeconds < horizonSeconds) {
    mistakes.push('revocation.sessionSeconds must be a whole number, horizonSeconds or more');
  }
  if (
    !Number.isInteger(maxStalenessSeconds) ||
    !(maxStalenessSeconds >= 1 && maxStalenessSeconds <= 3600)
  ) {
    mistakes.push('revocation.maxStalenessSeconds must be a whole number from 1 to 3600');
  }
  return Object.freeze({
    horizonSeconds,
    sessionSeconds,
    clockSkewSeconds,
    maxStalenessSeconds,
    maxTokenAgeSeconds: horizonSeconds - 2 * clockSkewSeconds,
  });
}
