import { isUtf8 } from 'node:buffer';

/** Deeper than any token needs, and shallow enough for every consumer of claims. */
const MAX_DEPTH = 16;

const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];

/**
 * The JSON object in these bytes, or null. Strict where parsers differ, so that no two of them read
 * different tokens: UTF-8 only, no member name twice (RFC 7515 §4, RFC 7519 §4), no lone surrogates, bounded depth.
 */
export function parseStrictObject(bytes: Buffer): Readonly<Record<string, unknown>> | null {
  if (!isUtf8(bytes)) return null;
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  // Of two members of one name, however they are spelt, the parser keeps one: then fewer came out than were written.
  return isObject(value) && membersOf(value, 1) === membersWritten(text) ? value : null;
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of text that is JSON already: there each colon outside of a string makes a member. */
function membersWritten(text: string): number {
  let members = 0;
  let isString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) isString = !isString;
    else if (code === BACKSLASH) at++;
    else if (code === COLON && !isString) members++;
  }
  return members;
}

/** NaN, which equals no number, for what is nested too deep or holds what other parsers would read otherwise. */
function membersOf(value: unknown, depth: number): number {
  if (typeof value === 'string') return value.isWellFormed() ? 0 : NaN;
  if (typeof value !== 'object' || value === null) return 0;
  if (depth > MAX_DEPTH) return NaN;
  let members = 0;
  if (Array.isArray(value)) {
    for (const entry of value) members += membersOf(entry, depth + 1);
    return members;
  }
  const object = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(object)) {
    // `__proto__` is legal JSON, but whoever merges claims into an object would be surprised by it.
    if (name === '__proto__' || !name.isWellFormed()) return NaN;
    members += 1 + membersOf(object[name], depth + 1);
  }
  return members;
}
