import type { JSONWebKeySet, JWK } from 'jose';
import type { PublishedKey } from './published-keys.js';
import type { SigningKey } from './signing-key.js';

/** All that may be told of an EC, OKP or RSA key (RFC 7518 §6, RFC 8037 §2). */
const PUBLIC_MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e'] as const;

/** Picks what is public, rather than dropping what is private: nothing new can slip through. */
export function publishedKey({ kid, algorithm, publicJwk }: SigningKey): PublishedKey {
  const members: JWK = {};
  for (const member of PUBLIC_MEMBERS) {
    const value = publicJwk[member];
    if (value !== undefined) members[member] = value;
  }
  return { kid, algorithm, publicJwk: { ...members, kid, alg: algorithm, use: 'sig' } };
}

/** RFC 7517 §5. */
export const jwksOf = (keys: readonly PublishedKey[]): JSONWebKeySet => ({
  keys: keys.map(({ publicJwk }) => publicJwk),
});
