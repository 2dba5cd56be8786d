import type { SallyportError } from '../errors.js';

/** The body of a refusal: `application/problem+json` (RFC 9457 §3.1). */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  /** Of a 429: the limit that was exceeded, by its name in `RateLimit-Policy`. */
  readonly policy?: string;
}

/** URI of a problem type; `docs/errors.md` has one heading per row. */
export const problemType = (slug: string): string => `urn:sallyport:problem:${slug}`;

/** What the caller is told: never the reason, which is for the log. */
export function problemOf(error: SallyportError): ProblemDetails {
  const { slug, status, title, detail } = error.problem;
  const { policy } = error.context;
  return {
    ...{ type: problemType(slug), title, status, detail: error.context.detail ?? detail },
    ...(policy !== undefined && { policy }),
  };
}
