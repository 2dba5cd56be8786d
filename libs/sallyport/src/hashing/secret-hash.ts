import { hash, timingSafeEqual } from 'node:crypto';

/** SHA-256, hex. Right for secrets of 256 random bits, and only for those: a slow hash would add nothing to them. */
export const hashSecret = (secret: string): string => hash('sha256', secret, 'hex');

/** Whether two hashes of `hashSecret` are equal, in constant time. */
export function isSameHash(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a, 'hex'), Buffer.from(b, 'hex')];
  return left.length === right.length && timingSafeEqual(left, right);
}
