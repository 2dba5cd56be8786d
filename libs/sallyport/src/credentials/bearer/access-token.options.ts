import type { SigningAlgorithm } from '../../signing-keys/signing-key.js';
import type { AcceptedIssuer } from './accepted-issuer.js';
import { SIGNING_ALGORITHMS } from './jws.js';
import type { JwksCacheSettings } from './keys/remote-key-set.js';
import { checkAlgorithms, checkInteger, checkIssuer, checkUrl } from './option-checks.js';
import { mapRfc9068Claims } from './rfc9068-claims.js';
import { resolveTrustedIssuer } from './resolve-trusted-issuer.js';
import { TOKEN_ENCRYPTIONS, type TokenEncryption } from './token-encryption.js';
import type { TrustedIssuer } from './trusted-issuer.js';

export interface AccessTokenOptions {
  /** Our own issuer: `iss` of the tokens we sign (RFC 8414 §2). */
  readonly issuer: string;
  /** Resource identifier that must appear in `aud` (RFC 9068 §4). */
  readonly audience: string;
  /** Where our own JWK set is, when another process signs. @default our own signing keys, without a fetch */
  readonly jwksUri?: string;
  /** Algorithms that our own tokens may be signed with. @default all four: ES256, RS256, PS256, EdDSA */
  readonly algorithms?: readonly SigningAlgorithm[];
  /**
   * Our own tokens as nested JWE, which only this API reads: `accepted` beside plain ones while issuers move, `required`
   * once all have. @default 'refused'
   */
  readonly encryptedTokens?: TokenEncryption;
  /** How far other clocks may be off. @default 30 */
  readonly clockSkewSeconds?: number;
  /** Longest `exp` - `iat` of our own tokens. Revocations are remembered so long. @default 86400 */
  readonly maxTokenLifetimeSeconds?: number;
  /** Tokens whose signature is remembered; 0 is none. @default 10000 */
  readonly cachedTokens?: number;
  /** Other issuers whose tokens are accepted. @default [] */
  readonly trustedIssuers?: readonly TrustedIssuer[];
  /** Of keys that are fetched. @default 600 s of age, 30 s of cooldown, 86400 s stale */
  readonly jwksCache?: Partial<JwksCacheSettings>;
}

export interface ResolvedAccessTokenOptions {
  readonly issuer: string;
  readonly audience: string;
  /** By `iss`; ours is among them. */
  readonly issuers: ReadonlyMap<string, AcceptedIssuer>;
  readonly clockSkewSeconds: number;
  readonly maxTokenLifetimeSeconds: number;
  readonly cachedTokens: number;
  readonly jwksCache: JwksCacheSettings;
}

export const ACCESS_TOKEN_OPTIONS = Symbol('AccessTokenOptions');

export function resolveAccessTokenOptions(
  options: AccessTokenOptions,
  mistakes: string[],
  isDevelopment: boolean,
): ResolvedAccessTokenOptions {
  const { issuer, audience, jwksUri } = options;
  const { clockSkewSeconds = 30, maxTokenLifetimeSeconds = 86_400 } = options;
  const { cachedTokens = 10_000, trustedIssuers = [], encryptedTokens = 'refused' } = options;

  checkIssuer('issuer', issuer, isDevelopment, mistakes);
  if (typeof audience !== 'string' || audience === '') mistakes.push('audience must not be empty');
  if (jwksUri !== undefined) checkUrl('jwksUri', jwksUri, isDevelopment, mistakes);
  const algorithms = checkAlgorithms(
    'algorithms',
    options.algorithms ?? SIGNING_ALGORITHMS,
    mistakes,
  );
  if (!TOKEN_ENCRYPTIONS.includes(encryptedTokens)) {
    mistakes.push(`encryptedTokens must be one of ${TOKEN_ENCRYPTIONS.join(', ')}`);
  }
  checkInteger('clockSkewSeconds', clockSkewSeconds, [0, 300], mistakes);
  checkInteger('maxTokenLifetimeSeconds', maxTokenLifetimeSeconds, [1, 31_536_000], mistakes);
  checkInteger('cachedTokens', cachedTokens, [0, 1_000_000], mistakes);

  const jwksCache = {
    maxAgeSeconds: 600,
    cooldownSeconds: 30,
    maxStaleSeconds: 86_400,
    ...options.jwksCache,
  };
  for (const [name, value] of Object.entries(jwksCache)) {
    checkInteger(`jwksCache.${name}`, value, [1, 31_536_000], mistakes);
  }
  const issuers = new Map<string, AcceptedIssuer>([
    [
      issuer,
      Object.freeze<AcceptedIssuer>({
        issuer,
        isOwn: true,
        audience: Object.freeze([audience]),
        algorithms,
        acceptTyp: new Set(['at+jwt']),
        encryption: encryptedTokens,
        keys: jwksUri === undefined ? { kind: 'local' } : { kind: 'remote', uri: jwksUri },
        clients: null,
        mapClaims: mapRfc9068Claims,
        isAccessToken: null,
      }),
    ],
  ]);
  for (const [index, trusted] of trustedIssuers.entries()) {
    const name = `trustedIssuers[${String(index)}]`;
    if (issuers.has(trusted.issuer)) mistakes.push(`${name}.issuer is there already`);
    else issuers.set(trusted.issuer, resolveTrustedIssuer(trusted, name, mistakes, isDevelopment));
  }
  return Object.freeze({
    issuer,
    audience,
    issuers,
    clockSkewSeconds,
    maxTokenLifetimeSeconds,
    cachedTokens,
    jwksCache: Object.freeze(jwksCache),
  });
}
