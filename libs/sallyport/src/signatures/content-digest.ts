import { hash, timingSafeEqual } from 'node:crypto';
import { malformed } from './malformed.js';
import { bytesOf, readDictionary } from './structured-fields.js';

/** What is believed (RFC 9530 §5): others were broken long ago, and are passed over. */
const ALGORITHMS = [
  ['sha-256', 'sha256'],
  ['sha-512', 'sha512'],
] as const;

const MAX_LENGTH = 1024;
/** `sha-256=:`, 44 digits, `:`. */
const USUAL_LENGTH = 54;

/**
 * Whether these are the bytes that `Content-Digest` (RFC 9530 §2) speaks of, by every digest in it that can be trusted
 * and by one at least. Throws ERR_SIGNATURE_MALFORMED for what is no such field.
 */
export function isContentOf(value: string, content: Uint8Array): boolean {
  if (value.length > MAX_LENGTH) throw malformed('Content-Digest is too long');
  // As nearly everyone writes it: to parse it would cost as much as the digest.
  if (value.length === USUAL_LENGTH && value === contentDigest(content)) return true;
  const digests = readDictionary(value, 'Content-Digest');
  let isKnown = false;
  for (const [name, algorithm] of ALGORITHMS) {
    const member = digests.get(name);
    if (member === undefined) continue;
    const told = bytesOf(member[0]);
    if (told === null) throw malformed('Content-Digest must hold byte sequences');
    const digest = hash(algorithm, content, 'buffer');
    if (told.length !== digest.length || !timingSafeEqual(told, digest)) return false;
    isKnown = true;
  }
  return isKnown;
}

/** `Content-Digest` of these bytes. */
export const contentDigest = (content: Uint8Array): string =>
  `sha-256=:${hash('sha256', content, 'base64')}:`;
