import { normalizeTyp, type AcceptedIssuer, type KeySource } from './accepted-issuer.js';
import { readJwkSet } from './keys/jwk-set.js';
import { checkAlgorithms, checkIssuer, checkUrl, isTextList } from './option-checks.js';
import { mapForeignClaims } from './rfc9068-claims.js';
import { TOKEN_ENCRYPTIONS } from './token-encryption.js';
import type { TrustedIssuer } from './trusted-issuer.js';

/** Completes and checks one entry of `trustedIssuers`, called `name` in what it pushes onto `mistakes`. */
export function resolveTrustedIssuer(
  trusted: TrustedIssuer,
  name: string,
  mistakes: string[],
  isDevelopment: boolean,
): AcceptedIssuer {
  const { encryptedTokens = 'refused' } = trusted;
  const { issuer, clients, acceptTyp = ['at+jwt'], isAccessToken = null } = trusted;
  const audience = typeof trusted.audience === 'string' ? [trusted.audience] : trusted.audience;
  checkIssuer(`${name}.issuer`, issuer, isDevelopment, mistakes);
  const algorithms = checkAlgorithms(`${name}.algorithms`, trusted.algorithms, mistakes);
  if (!isTextList(audience)) mistakes.push(`${name}.audience must name at least one audience`);
  if (!isTextList(clients)) mistakes.push(`${name}.clients must list the client ids it may name`);
  if (!isTextList(acceptTyp)) mistakes.push(`${name}.acceptTyp must list at least one typ`);

  if (!TOKEN_ENCRYPTIONS.includes(encryptedTokens)) {
    mistakes.push(`${name}.encryptedTokens must be one of ${TOKEN_ENCRYPTIONS.join(', ')}`);
  }

  const types = new Set(isTextList(acceptTyp) ? acceptTyp.map(normalizeTyp) : []);
  if ([...types].some((typ) => typ !== 'at+jwt') && isAccessToken === null) {
    mistakes.push(
      `${name}.isAccessToken is needed, since acceptTyp admits more than at+jwt, and ID tokens look the same`,
    );
  }
  return Object.freeze({
    issuer,
    isOwn: false,
    audience: Object.freeze(isTextList(audience) ? [...audience] : []),
    algorithms,
    acceptTyp: types,
    encryption: encryptedTokens,
    keys: keySource({ ...trusted, algorithms }, name, mistakes, isDevelopment),
    clients: new Set(isTextList(clients) ? clients : []),
    mapClaims: trusted.mapClaims ?? mapForeignClaims,
    isAccessToken,
  });
}

function keySource(
  { jwks, jwksUri, algorithms }: TrustedIssuer,
  name: string,
  mistakes: string[],
  isDevelopment: boolean,
): KeySource {
  if ((jwks === undefined) === (jwksUri === undefined)) {
    mistakes.push(`${name} needs exactly one of jwksUri and jwks`);
  }
  if (jwksUri !== undefined) {
    checkUrl(`${name}.jwksUri`, jwksUri, isDevelopment, mistakes);
    return { kind: 'remote', uri: jwksUri };
  }
  const keys = readJwkSet(jwks, algorithms) ?? new Map<string, never>();
  if (jwks !== undefined && keys.size === 0) {
    mistakes.push(`${name}.jwks has no public key with a kid for its algorithms`);
  }
  return { kind: 'static', keys };
}
