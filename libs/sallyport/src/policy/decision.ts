import type { ErrorCode } from '../errors.js';

/** The leg of a caller's authority, or the demand of a route, that denied. */
export type Leg = 'client' | 'credential' | 'roles' | 'user' | 'claims' | 'policy';

export interface Refusal {
  readonly code: ErrorCode;
  readonly leg: Leg;
  /** For the log and `explain()`; never for the response. */
  readonly reason: string;
  /** What would have been enough, where the caller may know it (RFC 6750 §3). */
  readonly scope?: readonly string[];
}

export type Decision =
  { readonly allowed: true } | { readonly allowed: false; readonly refusal: Refusal };

export const allow: Decision = Object.freeze({ allowed: true });

export const deny = (refusal: Refusal): Decision => ({ allowed: false, refusal });
