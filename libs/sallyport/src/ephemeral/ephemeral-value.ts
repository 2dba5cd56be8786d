import { SallyportError } from '../errors.js';

const MAX_VALUE_BYTES = 65_536;

/**
 * Throws ERR_INPUT_INVALID for more than 64 kB of UTF-8, which strangers could fill the store with, and for half a
 * surrogate pair, which would come back as another text. The value itself is never quoted: it is about a person.
 */
export function assertEphemeralValue(value: string): void {
  if (value.isWellFormed() && Buffer.byteLength(value) <= MAX_VALUE_BYTES) return;
  throw new SallyportError('ERR_INPUT_INVALID', {
    reason: 'an ephemeral record is longer than 64 kB, or holds half a character',
  });
}
