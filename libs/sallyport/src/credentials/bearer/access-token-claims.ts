import type { SallyportError } from '../../errors.js';
import type { Claims } from '../../principals/caller.js';
import type { TokenEpochs, VerifiedAccessToken } from '../verified-access-token.js';
import type { AcceptedIssuer } from './accepted-issuer.js';
import { readConfirmation } from './confirmation.js';
import { isObject } from '../../strict-json.js';

type Refuse = (flaw: string) => SallyportError;

type Subject = Pick<VerifiedAccessToken, 'clientId' | 'user' | 'scope' | 'roles'>;

/** RFC 6749 §3.3: scope-token. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
/** What nearly every identifier is: for these the other questions need not be asked. */
const PLAIN_IDENTIFIER = /^[\x20-\x7e]{1,255}$/;
const MAX_IDENTIFIER_BYTES = 512;
const MAX_ENTRIES = { audience: 10, roles: 100 };
/** Year 9999: the last that every date format can hold. */
const LAST_SECOND = 253_402_300_799;

/** Claims that have a field of their own, or that only the verifier needs. */
const READ = new Set(
  'iss sub aud exp nbf iat jti client_id scope roles sid gid uep cep rv sub_type auth_time'.split(
    ' ',
  ),
);

/**
 * What the claims of a signed token say, checked against the rules of its issuer. Does not
 * compare `exp`, `nbf` and `iat` with the clock: that is done at every request.
 */
export function readClaims(
  claims: Claims,
  issuer: AcceptedIssuer,
  refuse: Refuse,
): Omit<VerifiedAccessToken, 'kid'> & { readonly notBefore: Date | null } {
  freeze(claims);
  const audience = readAudience(claims.aud, issuer, refuse);
  if (issuer.isAccessToken !== null && !ask(issuer.isAccessToken, claims, refuse)) {
    throw refuse('is no access token by its claims');
  }

  const issuedAt = date(claims, 'iat', refuse);
  const expiresAt = date(claims, 'exp', refuse);
  if (issuedAt === null || expiresAt === null) throw refuse('lacks iat or exp');
  const subject = readSubject(claims, issuer, refuse);
  const jti = identifier(claims, 'jti', refuse);
  if (issuer.isOwn && jti === null) throw refuse('lacks jti');
  return {
    issuer: issuer.issuer,
    jti,
    audience,
    ...subject,
    sid: identifier(claims, 'sid', refuse),
    gid: issuer.isOwn ? identifier(claims, 'gid', refuse) : null,
    issuedAt,
    expiresAt,
    notBefore: date(claims, 'nbf', refuse),
    authenticatedAt: date(claims, 'auth_time', refuse),
    epochs: issuer.isOwn ? readEpochs(claims, subject.user !== null, refuse) : null,
    confirmation: readConfirmation(claims.cnf, refuse),
    claims: othersOf(claims),
  };
}

function othersOf(claims: Claims): Claims {
  const others: Record<string, unknown> = {};
  for (const name in claims) if (!READ.has(name)) others[name] = claims[name];
  return Object.freeze(others);
}

function readAudience(aud: unknown, issuer: AcceptedIssuer, refuse: Refuse): readonly string[] {
  const audience: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (
    audience.length > MAX_ENTRIES.audience ||
    !audience.every((entry) => typeof entry === 'string') ||
    !audience.some((entry) => issuer.audience.includes(entry))
  ) {
    throw refuse('is meant for another audience');
  }
  const isAll =
    audience.length === issuer.audience.length &&
    audience.every((entry, index) => entry === issuer.audience[index]);
  // One list for all tokens that are for us alone, as most are.
  return isAll ? issuer.audience : Object.freeze([...audience]);
}

function readSubject(claims: Claims, issuer: AcceptedIssuer, refuse: Refuse): Subject {
  const mapped = ask(issuer.mapClaims, claims, refuse);
  if (!isObject(mapped)) throw refuse('does not say clearly who is client and who is user');

  const { clientId, subject = null, scope, roles = null } = mapped;
  if (!isIdentifier(clientId)) throw refuse('names no client');
  if (issuer.clients?.has(clientId) === false) {
    throw refuse(`names the client ${JSON.stringify(clientId)}, which its issuer may not`);
  }
  // Client ids and user subjects are disjoint: a subject that is the client would be both.
  if (subject !== null && (!isIdentifier(subject) || subject === clientId)) {
    throw refuse('names no user');
  }
  if (!isListOf(scope, (entry) => SCOPE_TOKEN.test(entry))) throw refuse('has a malformed scope');
  if (roles !== null && (!isListOf(roles, isIdentifier) || roles.length > MAX_ENTRIES.roles)) {
    throw refuse('has malformed roles');
  }
  return {
    clientId,
    user: subject === null ? null : Object.freeze({ issuer: issuer.issuer, subject }),
    scope: Object.freeze([...new Set(scope)]),
    roles: roles === null ? null : Object.freeze([...new Set(roles)]),
  };
}

function readEpochs(claims: Claims, isUser: boolean, refuse: Refuse): TokenEpochs {
  const epoch = (name: string, absent?: number): number => {
    const value = claims[name] ?? absent;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw refuse(`lacks the epoch ${name}`);
    }
    return value;
  };
  return isUser
    ? { user: epoch('uep'), client: epoch('cep'), roleVersion: epoch('rv') }
    : { user: epoch('uep', 0), client: epoch('cep'), roleVersion: epoch('rv', 0) };
}

/** The host's own function meets claims it did not expect: that is the token's fault, not a 500. */
function ask<Answer>(question: (claims: Claims) => Answer, claims: Claims, refuse: Refuse): Answer {
  try {
    return question(claims);
  } catch {
    throw refuse('has claims that cannot be mapped');
  }
}

/** NumericDate (RFC 7519 §2): a number, never a string that looks like one. */
function date(claims: Claims, name: string, refuse: Refuse): Date | null {
  const value = claims[name];
  if (value === undefined) return null;
  if (typeof value !== 'number' || !(value >= 0 && value <= LAST_SECOND)) {
    throw refuse(`has a malformed ${name}`);
  }
  return new Date(value * 1000);
}

function identifier(claims: Claims, name: string, refuse: Refuse): string | null {
  const value = claims[name];
  if (value === undefined) return null;
  if (!isIdentifier(value)) throw refuse(`has a malformed ${name}`);
  return value;
}

/** What the stores can keep: a token whose identifiers they cannot could never be revoked, nor its user suspended. */
const isIdentifier = (value: unknown): value is string =>
  typeof value === 'string' &&
  (PLAIN_IDENTIFIER.test(value) ||
    (value !== '' &&
      value.length <= 255 &&
      Buffer.byteLength(value) <= MAX_IDENTIFIER_BYTES &&
      !/\p{Cc}/u.test(value)));

const isListOf = (value: unknown, accepts: (entry: string) => boolean): value is string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string' && accepts(entry));

/** Believed tokens are shared by all requests that carry them. */
function freeze<Value>(value: Value): Value {
  if (Array.isArray(value) || isObject(value)) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
}
