import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../clock.js';
import { DecryptionKeys } from '../../encryption/decryption-keys.js';
import { SallyportError, type ErrorCode } from '../../errors.js';
import { isPromise, type MaybePromise } from '../../maybe-promise.js';
import type { VerifiedAccessToken } from '../verified-access-token.js';
import type { AcceptedIssuer } from './accepted-issuer.js';
import { normalizeTyp } from './accepted-issuer.js';
import { readClaims } from './access-token-claims.js';
import { ACCESS_TOKEN_OPTIONS, type ResolvedAccessTokenOptions } from './access-token.options.js';
import { MAX_TOKEN_LENGTH, notAToken, parseCompactJws, verifyJws, type CompactJws } from './jws.js';
import { IssuerKeys } from './keys/issuer-keys.js';
import type { VerificationKey } from './keys/verification-keys.js';
import { OpenNestedToken, type OpenedToken } from './open-nested-token.js';
import { parseStrictObject } from '../../strict-json.js';
import { nameOfToken, VerifiedTokenCache, type BelievedToken } from './verified-token.cache.js';

/** Believes access tokens: RFC 9068 from us, and what other trusted issuers write. */
@Injectable()
export class AccessTokenVerifier {
  private readonly cache: VerifiedTokenCache;
  private readonly nested: OpenNestedToken;
  /** Milliseconds. */
  private readonly skew: number;

  constructor(
    @Inject(ACCESS_TOKEN_OPTIONS) private readonly options: ResolvedAccessTokenOptions,
    private readonly keys: IssuerKeys,
    private readonly clock: Clock,
    private readonly decryptionKeys: DecryptionKeys,
  ) {
    this.nested = new OpenNestedToken(options.issuers, decryptionKeys);
    this.cache = new VerifiedTokenCache(options.cachedTokens);
    this.skew = options.clockSkewSeconds;
  }

  /**
   * Checks signature, issuer, audience, type, times and claims. Not checked here: revocation,
   * whether client and user still exist, and what of the scope is left to them. A token that was seen before is
   * answered at once, and refused by throwing at once.
   *
   * @throws ERR_TOKEN_INVALID, ERR_CREDENTIAL_EXPIRED, ERR_CREDENTIAL_MALFORMED (no bearer token at
   * all), ERR_KEYS_UNAVAILABLE (the issuer's keys could not be fetched)
   */
  verify(text: string): MaybePromise<VerifiedAccessToken> {
    const believed = this.recall(text);
    return isPromise(believed) ? believed.then(({ token }) => token) : believed.token;
  }

  /** As `verify`, with what is remembered beside the token; for `now`, in milliseconds since 1970. */
  recall(text: string, now = this.clock.milliseconds()): MaybePromise<BelievedToken> {
    // Before anything is computed over it: a header may be long, a token may not.
    if (text.length > MAX_TOKEN_LENGTH) throw notAToken(text);
    const name = nameOfToken(text);
    const known = this.cache.get(name);
    if (known === null) return this.meet(name, text);
    if (known.openedWith !== null) return this.recallOpened(known, name, text);
    // Seen before: its signature is good as long as its issuer has the very key.
    const key = this.keys.find(known.issuer, known.key.kid);
    if (!isPromise(key)) return key === known.key ? this.inTime(known, now) : this.meet(name, text);
    return key.then((found) => (found === known.key ? this.inTime(known) : this.meet(name, text)));
  }

  /** The same for one that was encrypted, as long as we still have the very key that opened it, too. */
  private async recallOpened(
    known: BelievedToken,
    name: string,
    text: string,
  ): Promise<BelievedToken> {
    const key = await this.keys.find(known.issuer, known.key.kid);
    const opening = await this.decryptionKeys.find(known.openedWith?.kid ?? '');
    const isGood = key === known.key && opening === known.openedWith?.key;
    return isGood ? this.inTime(known) : this.meet(name, text);
  }

  private async meet(name: string, text: string): Promise<BelievedToken> {
    this.cache.delete(name);
    const believed = await this.believe(text);
    this.cache.set(name, believed);
    return this.inTime(believed);
  }

  private async believe(text: string): Promise<BelievedToken> {
    const opened = await this.nested.open(text);
    const jws = opened?.jws ?? parseCompactJws(text);
    const claims = parseStrictObject(jws.payload);
    if (claims === null) throw refusal('ERR_TOKEN_INVALID', {}, 'has no strict JSON payload');
    const names = { iss: claims.iss, kid: jws.kid };
    const issuer = typeof claims.iss === 'string' && this.options.issuers.get(claims.iss);
    if (!issuer) throw refusal('ERR_TOKEN_INVALID', names, 'is of no trusted issuer');

    checkEncryption(opened, issuer, names);
    const key = await this.findKey(jws, issuer);
    if (!verifyJws(jws, key.key)) {
      throw refusal('ERR_TOKEN_INVALID', names, 'has a wrong signature');
    }
    const refuse = (flaw: string) =>
      refusal('ERR_TOKEN_INVALID', { ...names, jti: claims.jti }, flaw);
    // RFC 8725 §3.11, RFC 9068 §4: a token of another type was signed for another purpose.
    if (jws.typ === null || !issuer.acceptTyp.has(normalizeTyp(jws.typ))) {
      throw refuse('has a typ that is not accepted');
    }
    if (jws.cty !== null) throw refuse('wraps another token');
    checkRepeatedClaims(opened, claims, refuse);
    const { notBefore, ...token } = readClaims(claims, issuer, refuse);
    const { issuedAt, authenticatedAt, expiresAt } = token;
    const lifetime = (expiresAt.getTime() - issuedAt.getTime()) / 1000;
    if (issuer.isOwn && !(lifetime > 0 && lifetime <= this.options.maxTokenLifetimeSeconds)) {
      throw refuse('lives too long');
    }
    // What every request asks comes first: in one line of memory.
    return {
      verified: null,
      startsAt: Math.max(Number(notBefore), Number(issuedAt), Number(authenticatedAt)) / 1000,
      endsAt: expiresAt.getTime() / 1000,
      key,
      openedWith: opened?.openedWith ?? null,
      issuer: issuer.issuer,
      token: Object.freeze({ ...token, kid: key.kid }),
    };
  }

  private async findKey(jws: CompactJws, issuer: AcceptedIssuer): Promise<VerificationKey> {
    const names = { iss: issuer.issuer, kid: jws.kid };
    if (!issuer.algorithms.includes(jws.algorithm)) {
      throw refusal('ERR_TOKEN_INVALID', names, `is signed with ${jws.algorithm}`);
    }
    const key = jws.kid === null ? null : await this.keys.find(issuer.issuer, jws.kid);
    if (!key?.algorithms.includes(jws.algorithm)) {
      throw refusal('ERR_TOKEN_INVALID', names, 'names no key that its issuer has for this');
    }
    return key;
  }

  private inTime(believed: BelievedToken, now = this.clock.milliseconds()): BelievedToken {
    const { startsAt, endsAt } = believed;
    const seconds = now / 1000;
    // RFC 7519 §4.1.4, §4.1.5: on or after `exp` and before `nbf` it is refused, but for small leeway.
    if (seconds >= endsAt + this.skew) {
      const { token } = believed;
      const reason = reasonOf(namesOf(token), 'has expired');
      throw new SallyportError('ERR_CREDENTIAL_EXPIRED', { reason, clientId: token.clientId });
    }
    if (startsAt > seconds + this.skew) {
      throw refusal('ERR_TOKEN_INVALID', namesOf(believed.token), 'is from the future');
    }
    return believed;
  }
}

/** How it came must be how its issuer sends them. */
function checkEncryption(
  opened: OpenedToken | null,
  { encryption }: AcceptedIssuer,
  names: Names,
): void {
  if (opened !== null && encryption === 'refused') {
    throw refusal('ERR_TOKEN_INVALID', names, 'is encrypted, which its issuer does not do');
  }
  if (opened === null && encryption === 'required') {
    throw refusal('ERR_TOKEN_INVALID', names, 'is not encrypted');
  }
}

/** RFC 7519 §5.3: claims that the header repeats, for whoever cannot read the rest, must be those inside. */
function checkRepeatedClaims(
  opened: OpenedToken | null,
  claims: Readonly<Record<string, unknown>>,
  refuse: (flaw: string) => SallyportError,
): void {
  for (const name of ['iss', 'sub', 'aud']) {
    const repeated = opened?.header[name];
    if (repeated !== undefined && !isDeepStrictEqual(repeated, claims[name])) {
      throw refuse(`has another ${name} in its header`);
    }
  }
}

const namesOf = ({ issuer, kid, jti }: VerifiedAccessToken) => ({ iss: issuer, kid, jti });

type Names = Readonly<Record<string, unknown>>;

const refusal = (code: ErrorCode, names: Names, flaw: string) =>
  new SallyportError(code, { reason: reasonOf(names, flaw) });

/** Names the token in the log by its identifiers, quoted and cut: until the signature is checked anyone may have written them. */
function reasonOf(names: Names, flaw: string): string {
  const quoted = Object.entries(names)
    .filter(([, value]) => typeof value === 'string')
    .map(([name, value]) => `${name} ${JSON.stringify(value).slice(0, 130)}`);
  return `access token${quoted.length > 0 ? ` (${quoted.join(', ')})` : ''} ${flaw}`;
}
