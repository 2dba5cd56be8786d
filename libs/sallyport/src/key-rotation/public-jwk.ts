import type { JWK } from 'jose';
import type { KeyKind } from './issue-key.js';
import type { RotatedKey } from './rotated-key.js';

/** All that may be told of an EC, OKP or RSA key (RFC 7518 §6, RFC 8037 §2). */
const PUBLIC_MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e'] as const;

/** Picks what is public, rather than dropping what is private: nothing new can slip through. */
export function publicJwkOf(
  { use }: Pick<KeyKind<string>, 'use'>,
  { kid, algorithm, publicJwk }: RotatedKey,
): JWK {
  const members: JWK = {};
  for (const member of PUBLIC_MEMBERS) {
    const value = publicJwk[member];
    if (value !== undefined) members[member] = value;
  }
  return { ...members, kid, alg: algorithm, use };
}
