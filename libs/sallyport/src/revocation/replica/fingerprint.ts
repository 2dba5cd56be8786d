import { hash } from 'node:crypto';
import type { RevocationKey } from '../revocation.js';

/** SHA-256 of a revocation key. It travels in its place, so that no identifier does. */
export const digestOf = (key: RevocationKey): Buffer => hash('sha256', key, 'buffer');

/**
 * The first 64 bits of the digest, by which a compact table knows a key. Two keys may share one, so that what is found
 * by it is to be settled by the key itself.
 */
export interface Fingerprint {
  readonly high: number;
  readonly low: number;
}

/** Port: how a digest is cut down. Tests put a weak one in its place, to have keys that share a fingerprint. */
export type Fingerprinting = (digest: Buffer) => Fingerprint;

export const fingerprintOf: Fingerprinting = (digest) => ({
  high: digest.readUInt32BE(0),
  // 0 marks a free slot.
  low: Math.max(1, digest.readUInt32BE(4)),
});
