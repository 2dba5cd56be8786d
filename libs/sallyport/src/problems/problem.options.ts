export interface ProblemOptions {
  /** `realm` of every challenge: the audience. */
  readonly realm: string;
  /** `algs` of the DPoP challenge (RFC 9449 §5.1). */
  readonly dpopAlgorithms: readonly string[];
  /** Schemes beside Bearer and DPoP that a 401 offers: `ApiKey`, and `Basic` where it is switched on. */
  readonly schemes: readonly string[];
}

export const PROBLEM_OPTIONS = Symbol('ProblemOptions');
