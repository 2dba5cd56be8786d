import { Inject, Injectable } from '@nestjs/common';
import { Clock, addSeconds } from '../../clock.js';
import { SallyportError, type ErrorCode } from '../../errors.js';
import type { VerifiedAccessToken } from '../verified-access-token.js';
import type { AcceptedIssuer } from './accepted-issuer.js';
import { normalizeTyp } from './accepted-issuer.js';
import { readClaims } from './access-token-claims.js';
import { ACCESS_TOKEN_OPTIONS, type ResolvedAccessTokenOptions } from './access-token.options.js';
import { MAX_TOKEN_LENGTH, parseCompactJws, verifyJws, type CompactJws } from './jws.js';
import { IssuerKeys } from './keys/issuer-keys.js';
import type { VerificationKey } from './keys/verification-keys.js';
import { parseStrictObject } from './strict-json.js';
import { VerifiedTokenCache, type BelievedToken } from './verified-token.cache.js';

/** Believes access tokens: RFC 9068 from us, and what other trusted issuers write. */
@Injectable()
export class AccessTokenVerifier {
  private readonly cache: VerifiedTokenCache;

  constructor(
    @Inject(ACCESS_TOKEN_OPTIONS) private readonly options: ResolvedAccessTokenOptions,
    private readonly keys: IssuerKeys,
    private readonly clock: Clock,
  ) {
    this.cache = new VerifiedTokenCache(options.cachedTokens);
  }

  /**
   * Checks signature, issuer, audience, type, times and claims. Not checked here: revocation,
   * whether client and user still exist, and what of the scope is left to them.
   *
   * @throws ERR_TOKEN_INVALID, ERR_CREDENTIAL_EXPIRED, ERR_CREDENTIAL_MALFORMED (no bearer token at
   * all), ERR_KEYS_UNAVAILABLE (the issuer's keys could not be fetched)
   */
  async verify(text: string): Promise<VerifiedAccessToken> {
    const believed = (await this.recall(text)) ?? (await this.believe(text));
    this.checkTimes(believed);
    return believed.token;
  }

  private async recall(text: string): Promise<BelievedToken | null> {
    if (text.length > MAX_TOKEN_LENGTH) return null;
    const believed = this.cache.get(text);
    if (believed === null) return null;

    const issuer = this.options.issuers.get(believed.token.issuer);
    const key = issuer && (await this.keys.find(issuer, believed.token.kid));
    if (key === believed.key) return believed;
    this.cache.delete(text);
    return null;
  }

  private async believe(text: string): Promise<BelievedToken> {
    const jws = parseCompactJws(text);
    const claims = parseStrictObject(jws.payload);
    if (claims === null) throw refusal('ERR_TOKEN_INVALID', {}, 'has no strict JSON payload');
    const names = { iss: claims.iss, kid: jws.kid };
    const issuer = typeof claims.iss === 'string' && this.options.issuers.get(claims.iss);
    if (!issuer) throw refusal('ERR_TOKEN_INVALID', names, 'is of no trusted issuer');

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
    const { notBefore, ...token } = readClaims(claims, issuer, refuse);
    const lifetime = (token.expiresAt.getTime() - token.issuedAt.getTime()) / 1000;
    if (issuer.isOwn && !(lifetime > 0 && lifetime <= this.options.maxTokenLifetimeSeconds)) {
      throw refuse('lives too long');
    }
    const believed = { token: Object.freeze({ ...token, kid: key.kid }), notBefore, key };
    this.cache.set(text, believed);
    return believed;
  }

  private async findKey(jws: CompactJws, issuer: AcceptedIssuer): Promise<VerificationKey> {
    const names = { iss: issuer.issuer, kid: jws.kid };
    if (!issuer.algorithms.includes(jws.algorithm)) {
      throw refusal('ERR_TOKEN_INVALID', names, `is signed with ${jws.algorithm}`);
    }
    const key = jws.kid === null ? null : await this.keys.find(issuer, jws.kid);
    if (!key?.algorithms.includes(jws.algorithm)) {
      throw refusal('ERR_TOKEN_INVALID', names, 'names no key that its issuer has for this');
    }
    return key;
  }

  private checkTimes({ token, notBefore }: BelievedToken): void {
    const now = this.clock.now();
    const { clockSkewSeconds } = this.options;
    const names = { iss: token.issuer, kid: token.kid, jti: token.jti };
    // RFC 7519 §4.1.4, §4.1.5: on or after `exp` and before `nbf` it is refused, but for small leeway.
    if (now >= addSeconds(token.expiresAt, clockSkewSeconds)) {
      throw refusal('ERR_CREDENTIAL_EXPIRED', names, 'has expired');
    }
    const latest = addSeconds(now, clockSkewSeconds);
    const starts = [notBefore, token.issuedAt, token.authenticatedAt];
    if (starts.some((start) => start !== null && start > latest)) {
      throw refusal('ERR_TOKEN_INVALID', names, 'is from the future');
    }
  }
}

/** Names the token in the log by its identifiers, quoted and cut: until the signature is checked anyone may have written them. */
function refusal(code: ErrorCode, names: Readonly<Record<string, unknown>>, flaw: string) {
  const quoted = Object.entries(names)
    .filter(([, value]) => typeof value === 'string')
    .map(([name, value]) => `${name} ${JSON.stringify(value).slice(0, 130)}`);
  return new SallyportError(code, {
    reason: `access token${quoted.length > 0 ? ` (${quoted.join(', ')})` : ''} ${flaw}`,
  });
}
