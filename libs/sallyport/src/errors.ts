interface Problem {
  readonly status: 400 | 401 | 403 | 404 | 406 | 409 | 413 | 415 | 429 | 500 | 503;
  readonly title: string;
  /** What the caller can do next, where nothing more precise is known. */
  readonly detail: string;
  /** `error` in the WWW-Authenticate challenge; absent where the RFC says to send none. */
  readonly oauthError?:
    | 'invalid_request'
    | 'invalid_token'
    | 'insufficient_scope'
    | 'invalid_dpop_proof'
    | 'use_dpop_nonce';
  /** Whether DPoP alone would cure it (RFC 9449 §7.1): the challenge then names no other scheme. */
  readonly needsDpop?: boolean;
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
  // RFC 9449 §7.1.
  'invalid-dpop-proof': {
    status: 401,
    title: 'Invalid DPoP proof',
    detail:
      'The DPoP header does not prove that this request is made with the key of its access token. Make a new proof for each request.',
    oauthError: 'invalid_dpop_proof',
    needsDpop: true,
  },
  // RFC 9449 §9.
  'use-dpop-nonce': {
    status: 401,
    title: 'DPoP nonce required',
    detail: 'Make a new proof with the nonce of the DPoP-Nonce header, and send the request again.',
    oauthError: 'use_dpop_nonce',
    needsDpop: true,
  },
  'sender-constraint-required': {
    status: 401,
    title: 'Access token without proof of possession',
    detail:
      'Obtain an access token that is bound to a key, and prove the key with each request: DPoP (RFC 9449) or mutual TLS (RFC 8705).',
    oauthError: 'invalid_token',
    needsDpop: true,
  },
  'signature-required': {
    status: 401,
    title: 'Signature required',
    detail: 'Sign the request (RFC 9421), and cover what Accept-Signature asks for.',
  },
  'invalid-signature': {
    status: 401,
    title: 'Invalid signature',
    detail: 'The signature of the request is not accepted. Sign it anew, with a fresh nonce.',
  },
  'encryption-required': {
    status: 415,
    title: 'Encrypted body required',
    detail:
      'Send the body as a compact JWE (RFC 7516) in application/jose, without content encoding, and sign the request.',
  },
  'encryption-refused': {
    status: 415,
    title: 'Encrypted body not taken',
    detail: 'Send the body as it is: this route takes none that is encrypted.',
  },
  'invalid-encryption': {
    status: 400,
    title: 'Body cannot be decrypted',
    detail:
      'Encrypt the body anew: dir with the key of the API key that signs the request, or ECDH-ES to a key of the JWK set, with A256GCM.',
  },
  'encryption-key-missing': {
    status: 403,
    title: 'No key to encrypt with',
    detail:
      'Use an API key that was issued with a signing secret, or register a public key of the client with use: enc.',
  },
  'not-acceptable': {
    status: 406,
    title: 'Answer is encrypted',
    detail: 'Accept application/jose: this route answers nothing else.',
  },
  'content-too-large': {
    status: 413,
    title: 'Body too large',
    detail: 'Send less at once.',
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
  'address-refused': {
    status: 403,
    title: 'Address refused',
    detail: 'Requests from this address are not accepted. Ask whoever runs the service.',
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
  ERR_SIGNATURE_MALFORMED: 'invalid-request',
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
  ERR_TOKEN_BOUND: 'invalid-token',
  ERR_DPOP_PROOF_INVALID: 'invalid-dpop-proof',
  ERR_DPOP_PROOF_EXPIRED: 'invalid-dpop-proof',
  ERR_DPOP_PROOF_REPLAYED: 'invalid-dpop-proof',
  ERR_DPOP_NONCE_REQUIRED: 'use-dpop-nonce',
  ERR_SENDER_CONSTRAINT_REQUIRED: 'sender-constraint-required',
  ERR_CLIENT_DISABLED: 'invalid-token',
  ERR_USER_SUSPENDED: 'invalid-token',
  ERR_SIGNATURE_REQUIRED: 'signature-required',
  ERR_SIGNATURE_INCOMPLETE: 'signature-required',
  ERR_SIGNATURE_INVALID: 'invalid-signature',
  ERR_SIGNATURE_EXPIRED: 'invalid-signature',
  ERR_SIGNATURE_REPLAYED: 'invalid-signature',
  ERR_ENCRYPTION_REQUIRED: 'encryption-required',
  ERR_ENCRYPTION_REFUSED: 'encryption-refused',
  ERR_ENCRYPTION_MALFORMED: 'invalid-encryption',
  ERR_DECRYPTION_FAILED: 'invalid-encryption',
  ERR_ENCRYPTION_KEY_MISSING: 'encryption-key-missing',
  ERR_ENCRYPTION_NOT_ACCEPTED: 'not-acceptable',
  ERR_BODY_TOO_LARGE: 'content-too-large',
  ERR_SCOPE_INSUFFICIENT: 'insufficient-scope',
  ERR_ROLE_MISSING: 'policy-denied',
  ERR_USER_REQUIRED: 'policy-denied',
  ERR_CLIENT_ONLY: 'policy-denied',
  ERR_CLAIM_MISMATCH: 'policy-denied',
  ERR_POLICY_DENIED: 'policy-denied',
  ERR_CLIENT_VERSION_REFUSED: 'client-refused',
  ERR_ADDRESS_REFUSED: 'address-refused',
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
  /** For the caller: the signature that would have been enough (`Accept-Signature`, RFC 9421 §5.1). */
  readonly acceptSignature?: string;
  readonly retryAfterSeconds?: number;
  /** For the caller: the name of the limit that it is over. Never whom it counts. */
  readonly policy?: string;
  /** For the caller: the nonce that its next DPoP proof must carry (RFC 9449 §8). */
  readonly dpopNonce?: string;
  /** For counting, never told: the client whose credential it truly was. */
  readonly clientId?: string;
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
