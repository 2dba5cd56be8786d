export interface ProblemOptions {
  /** `realm` of every challenge: the audience. */
  readonly realm: string;
  /** Schemes beside Bearer that a 401 offers: `ApiKey`, and `Basic` where it is switched on. */
  readonly schemes: readonly string[];
}

export const PROBLEM_OPTIONS = Symbol('ProblemOptions');
