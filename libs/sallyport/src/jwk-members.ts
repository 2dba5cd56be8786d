import { createPublicKey, type KeyObject } from 'node:crypto';

/** Members of a private or symmetric key (RFC 7518 §6). Whoever publishes one has lost that key. */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  EC: ['kty', 'crv', 'x', 'y'],
  OKP: ['kty', 'crv', 'x'],
  RSA: ['kty', 'n', 'e'],
};

export const hasSecretMembers = (jwk: Readonly<Record<string, unknown>>): boolean =>
  SECRET_MEMBERS.some((name) => name in jwk);

/** The key that the public members of a JWK make; null when they make none. */
export function readPublicKey(jwk: Readonly<Record<string, unknown>>): KeyObject | null {
  const members = MEMBERS[String(jwk.kty)];
  if (members === undefined) return null;
  try {
    const publicMembers = Object.fromEntries(members.map((name) => [name, jwk[name]]));
    return createPublicKey({ format: 'jwk', key: publicMembers });
  } catch {
    return null;
  }
}
