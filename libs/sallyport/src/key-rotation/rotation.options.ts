/** When keys move. */
export interface ResolvedRotationOptions {
  readonly rotateAfterSeconds: number;
  readonly publishBeforeUseSeconds: number;
  readonly retireAfterSeconds: number;
  readonly checkEverySeconds: number;
}

/** How long others may keep the JWK set. */
export const JWKS_MAX_AGE_SECONDS = 300;
