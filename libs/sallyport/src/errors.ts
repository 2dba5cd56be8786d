interface Problem {
  readonly status: 400 | 401 | 403 | 404 | 409 | 429 | 500 | 503;
  readonly title: string;
  /** What the caller can do next, where nothing more precise is known. */
  readonly detail: string;
  /** `error` in the WWW-Authenticate challenge; absent where the RFC says to send none. */
  readonly oauthError?: 'invalid_request' | 'invalid_token' | 'insufficient_scope';
}

/** What a caller is told: one RFC 9457 problem type per row. */
export const problems = {
  'invalid-request': {
    status: 400,
    title: 'Malformed request',
    detail: 'The credentials of the request cannot be read. Send each one once, in its header.',
    oauthError: 'invalid_request',
  },
  'invalid-input': {
    status: 400,
    title: 'Invalid input',
    detail: 'Correct the request and send it again; nothing was changed.',
  },
  // RFC 6750 §3.1: a request without any credential gets a bare challenge, without an error code.
  'credential-missing': {
    status: 401,
    title: 'Authentication required',
    detail:
      'Send the credential that WWW-Authenticate names: an API key in X-API-Key, an access token in Authorization: Bearer.',
  },
  'invalid-token': {
    status: 401,
    title: 'Invalid credential',
    detail: 'A credential of the request is not accepted. Obtain a new one and try again.',
    oauthError: 'invalid_token',
  },
  'insufficient-scope': {
    status: 403,
    title: 'Scope missing',
    detail: 'The request needs a scope that app, credential and user do not all have.',
    oauthError: 'insufficient_scope',
  },
  'policy-denied': {
    status: 403,
    title: 'Not allowed',
    detail: 'This app, or this user in this app, may not do this. Ask an administrator.',
  },
  'client-refused': {
    status: 403,
    title: 'This version of the app is no longer accepted',
    detail: 'Update the app.',
  },
  'https-required': { status: 403, title: 'HTTPS required', detail: 'Use https.' },
  'not-found': {
    status: 404,
    title: 'Not found',
    detail: 'There is nothing here for this caller.',
  },
  conflict: {
    status: 409,
    title: 'Conflict with the current state',
    detail: 'Somebody else was faster. Read the current state and decide again.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    detail: 'Wait for as many seconds as Retry-After says.',
  },
  'server-error': {
    status: 500,
    title: 'Internal error',
    detail: 'The fault is ours. Report the request id if it persists.',
  },
  unavailable: {
    status: 503,
    title: 'Temporarily unavailable',
    detail: 'Wait for as many seconds as Retry-After says, then try again.',
  },
} as const satisfies Record<string, Problem>;

export type ProblemSlug = keyof typeof problems;

/** What happened, and which problem that is to the caller. Codes are never renamed or reused. */
export const errors = {
  ERR_CREDENTIAL_MALFORMED: 'invalid-request',
  ERR_CREDENTIAL_REPEATED: 'invalid-request',
  ERR_CREDENTIAL_IN_URL: 'invalid-request',
  ERR_INPUT_INVALID: 'invalid-input',
  ERR_CREDENTIAL_MISSING: 'credential-missing',
  ERR_CREDENTIAL_UNKNOWN: 'invalid-token',
  ERR_CREDENTIAL_EXPIRED: 'invalid-token',
  ERR_CREDENTIAL_REVOKED: 'invalid-token',
  ERR_CREDENTIAL_STALE: 'invalid-token',
  ERR_CREDENTIAL_MISMATCH: 'invalid-token',
  ERR_CREDENTIAL_ADDRESS: 'invalid-token',
  ERR_CREDENTIAL_SIGNED_ONLY: 'invalid-token',
  ERR_CREDENTIAL_UNSUPPORTED: 'invalid-token',
  ERR_TOKEN_INVALID: 'invalid-token',
  ERR_CLIENT_DISABLED: 'invalid-token',
  ERR_USER_SUSPENDED: 'invalid-token',
  ERR_SCOPE_INSUFFICIENT: 'insufficient-scope',
  ERR_ROLE_MISSING: 'policy-denied',
  ERR_USER_REQUIRED: 'policy-denied',
  ERR_CLIENT_ONLY: 'policy-denied',
  ERR_CLAIM_MISMATCH: 'policy-denied',
  ERR_POLICY_DENIED: 'policy-denied',
  ERR_CLIENT_VERSION_REFUSED: 'client-refused',
  ERR_HTTPS_REQUIRED: 'https-required',
  ERR_OBJECT_DENIED: 'not-found',
  ERR_NOT_FOUND: 'not-found',
  ERR_CONFLICT: 'conflict',
  ERR_RATE_LIMITED: 'rate-limited',
  ERR_OPTIONS_INVALID: 'server-error',
  ERR_POLICY_NOT_CONSULTED: 'server-error',
  ERR_SEAL_BROKEN: 'server-error',
  ERR_STORE_UNAVAILABLE: 'unavailable',
  ERR_KEYS_UNAVAILABLE: 'unavailable',
} as const satisfies Record<`ERR_${string}`, ProblemSlug>;

export type ErrorCode = keyof typeof errors;

export interface ErrorContext {
  /** For the log only. Identifiers are welcome; secrets, tokens and header values never are. */
  readonly reason?: string;
  /** For the caller: what to do next. Never says which of unknown, expired or revoked it was. */
  readonly detail?: string;
  /** Scope that would have been enough (RFC 6750 §3). */
  readonly scope?: readonly string[];
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** The one error this library throws. Branch on `code`, never on `message`. */
export class SallyportError extends Error {
  override readonly name = 'SallyportError';

  constructor(
    readonly code: ErrorCode,
    readonly context: ErrorContext = {},
  ) {
    super(context.reason ?? problems[errors[code]].title, { cause: context.cause });
  }

  get problem(): Problem & { readonly slug: ProblemSlug } {
    const slug = errors[this.code];
    return { slug, ...problems[slug] };
  }
}
