import { SallyportError } from '../errors.js';

/** Longest identifier, in bytes: what a PostgreSQL index row can hold, with several of them in one row. */
const IDENTIFIER_BYTES = 512;
const LONG_IDENTIFIER_BYTES = 2048;

/**
 * PostgreSQL text holds no NUL, and half a surrogate pair would silently become U+FFFD, so that two
 * different identifiers were one. Every store finds nothing under such a text, and refuses to write it.
 */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

export const isIdentifier = (text: string): boolean =>
  isStorable(text) && Buffer.byteLength(text) <= IDENTIFIER_BYTES;

export const isLongIdentifier = (text: string): boolean =>
  isStorable(text) && Buffer.byteLength(text) <= LONG_IDENTIFIER_BYTES;

/** Throws ERR_INPUT_INVALID for what no store can keep. Looks at every text of the record, at any depth. */
export function assertStorable(
  record: object,
  identifiers: readonly string[],
  accepts: (text: string) => boolean = isIdentifier,
): void {
  if (identifiers.every(accepts) && textsOf(record).every(isStorable)) return;
  throw new SallyportError('ERR_INPUT_INVALID', {
    reason: 'a text holds NUL or half a character, or an identifier is too long',
  });
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || value instanceof Date) return [];
  return Object.entries(value).flatMap(([name, item]) => [name, ...textsOf(item)]);
}
