import {
  errors,
  problems,
  type ErrorCode,
  type ProblemSlug,
} from '../../../libs/sallyport/src/errors.js';

/** When each error arises. Total by type: a new code does not compile without its sentence. */
const when: Record<ErrorCode, string> = {
  ERR_CREDENTIAL_MALFORMED: 'A credential was sent that cannot be read, or is too long to be one.',
  ERR_CREDENTIAL_REPEATED:
    'A credential was sent twice, or by two ways at once (RFC 6750 §2 allows one).',
  ERR_CREDENTIAL_IN_URL:
    'A credential stood in the query string, where logs and histories keep it. Treat it as leaked.',
  ERR_SIGNATURE_MALFORMED:
    '`Signature-Input`, `Signature` or `Content-Digest` cannot be read, says something twice or is too long.',
  ERR_INPUT_INVALID: 'A parameter or the body is not what the operation takes.',
  ERR_CREDENTIAL_MISSING:
    'The route is not public and no credential was sent, or not the kind it asks for.',
  ERR_CREDENTIAL_UNKNOWN: 'No such API key or client secret exists, or its secret part is wrong.',
  ERR_CREDENTIAL_EXPIRED: 'The credential is past its expiry.',
  ERR_CREDENTIAL_REVOKED:
    'The credential, or the session, user, client or signing key behind it, was revoked.',
  ERR_CREDENTIAL_STALE:
    "The token is older than the last change of the user's roles in this client: refresh it.",
  ERR_CREDENTIAL_MISMATCH: 'The credentials of one request do not name the same client.',
  ERR_CREDENTIAL_ADDRESS: "The request came from outside the API key's address ranges.",
  ERR_CREDENTIAL_SIGNED_ONLY: 'The API key may only sign requests, and was sent as text.',
  ERR_CREDENTIAL_UNSUPPORTED: 'The credential is of a kind that is not switched on here.',
  ERR_TOKEN_INVALID:
    'An access token failed verification: signature, type, issuer, audience, times or claims.',
  ERR_TOKEN_BOUND:
    'An access token that is bound to a key came without proof of the key: a DPoP token as Bearer, for instance.',
  ERR_DPOP_PROOF_INVALID:
    'The DPoP proof is missing, failed verification (form, key, signature, method, URI or token: RFC 9449 §4.3), or came without a token under the scheme DPoP.',
  ERR_DPOP_PROOF_EXPIRED:
    'The DPoP proof was made too long ago, or is from the future: the clock of its sender may be wrong.',
  ERR_DPOP_PROOF_REPLAYED: 'The DPoP proof was used before, here or on another instance.',
  ERR_DPOP_NONCE_REQUIRED:
    'The DPoP proof lacks the nonce that is demanded, or has one that is too old (RFC 9449 §9).',
  ERR_SENDER_CONSTRAINT_REQUIRED:
    'The route (`@SenderConstrained()`) or the client (`dpopBoundAccessTokens`) takes bound access tokens only.',
  ERR_CLIENT_DISABLED: 'The client is disabled, and all its credentials with it.',
  ERR_USER_SUSPENDED: 'The user is suspended; so are their tokens and personal API keys.',
  ERR_SIGNATURE_REQUIRED:
    'The route demands a signed request (`@SignedRequest()`), and this one is not.',
  ERR_SIGNATURE_INCOMPLETE:
    'The signature does not cover what the route demands, or lacks `keyid`, `created` or `nonce`.',
  ERR_SIGNATURE_INVALID:
    'A signature or `Content-Digest` does not fit the request as it came, or its key is nobody’s.',
  ERR_SIGNATURE_EXPIRED: 'The signature was made too long ago, has expired, or is from the future.',
  ERR_SIGNATURE_REPLAYED:
    'The nonce of the signature was used before, here or on another instance.',
  ERR_ENCRYPTION_REQUIRED:
    'The route takes encrypted bodies (`@EncryptedBody()`), and this one is plain, encoded, or not signed.',
  ERR_ENCRYPTION_REFUSED: 'The body is encrypted, and the route takes none that is.',
  ERR_ENCRYPTION_MALFORMED:
    'The body is no compact JWE, or its header names something that is not accepted; the detail says which.',
  ERR_DECRYPTION_FAILED:
    'The JWE was changed, or its `kid` is of no key that opens it: one of nobody, of another client, of an API key that the request does not stand for.',
  ERR_ENCRYPTION_KEY_MISSING:
    'The API key has no signing secret to derive a key from, and the client has registered no key with `use: enc`.',
  ERR_ENCRYPTION_NOT_ACCEPTED:
    'The route answers in `application/jose`, which `Accept` leaves out.',
  ERR_BODY_TOO_LARGE: 'A signed body, or one that was encrypted, is over `maxSignedBodyBytes`.',
  ERR_SCOPE_INSUFFICIENT: 'The effective scope lacks what the route demands with `@Scopes()`.',
  ERR_ROLE_MISSING: 'The user has none of the roles that `@Roles()` asks for in this client.',
  ERR_USER_REQUIRED: 'The route demands a user, and the client acts for none.',
  ERR_CLIENT_ONLY: 'The route is for clients on their own, and a user acts.',
  ERR_CLAIM_MISMATCH: 'A claim of the token is not what `@Claims()` asks for.',
  ERR_POLICY_DENIED: 'A policy of the application said no.',
  ERR_CLIENT_VERSION_REFUSED: "The client's user-agent rule refuses this app or this version.",
  ERR_HTTPS_REQUIRED: 'The request came over plain http from outside the machine.',
  ERR_OBJECT_DENIED: 'The object policy denied this object; outside it looks like a missing one.',
  ERR_NOT_FOUND: 'There is no such record.',
  ERR_CONFLICT: 'The record is no longer in the state that the operation needs.',
  ERR_ADDRESS_REFUSED: '`throttling.refusesAddress` said so of the address that sent the request.',
  ERR_RATE_LIMITED: 'A rate limit is used up; `Retry-After` says for how long.',
  ERR_OPTIONS_INVALID:
    'The options are wrong: all mistakes are listed when the application starts.',
  ERR_POLICY_NOT_CONSULTED: 'A handler with `@UsePolicy()` answered without asking its policy.',
  ERR_SEAL_BROKEN: 'A sealed secret was changed or moved, or its key-encryption key is missing.',
  ERR_STORE_UNAVAILABLE: 'PostgreSQL or Redis did not answer in time.',
  ERR_KEYS_UNAVAILABLE: 'The verification keys of an issuer cannot be had, not even a stale copy.',
};

/** docs/errors.md: each problem that a caller can see, with the codes that the log distinguishes. */
export function renderErrorsPage(): string {
  const slugs = Object.keys(problems) as ProblemSlug[];
  return [
    '# Errors',
    '',
    'What a caller sees is a **problem** (RFC 9457); what happened is a **code**, which only the log',
    'names. Several codes share one problem on purpose: from outside, an unknown, an expired and a',
    'revoked credential look the same. Code that uses the library branches on `SallyportError.code`.',
    'Codes are never renamed or reused.',
    '',
    'The endpoints of the authorization server answer as OAuth does (RFC 6749 §5.2). Where a guard refuses before',
    'they are reached, the problem comes as `application/json` and also has the `error` by which OAuth clients know it:',
    '`temporarily_unavailable` for 429 and 503, for instance.',
    '',
    'This page is written by `npm run docs`.',
    ...slugs.flatMap(renderProblem),
    '',
  ].join('\n');
}

function renderProblem(slug: ProblemSlug): string[] {
  const { status, title, detail, ...rest } = problems[slug];
  const error = 'oauthError' in rest ? rest.oauthError : status === 401 ? 'none' : null;
  const challenge = error === null ? '' : ` \`error\` in \`WWW-Authenticate\`: ${error}.`;
  const codes = (Object.keys(errors) as ErrorCode[]).filter((code) => errors[code] === slug);
  return [
    '',
    `## ${slug}`,
    '',
    `${status} “${title}”: ${detail}${challenge}`,
    ...codes.flatMap((code) => ['', `### \`${code}\``, '', when[code]]),
  ];
}
