/** Deeper than any token needs, and shallow enough for every consumer of claims. */
const MAX_DEPTH = 16;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Strings (with the colon that makes one a member name) and brackets, of text that is JSON already. */
const STRUCTURE = /("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\]]/g;

/**
 * The JSON object in these bytes, or null. Strict where parsers differ, so that no two of them read
 * different tokens: UTF-8 only, no member name twice (RFC 7515 §4, RFC 7519 §4), no lone surrogates, bounded depth.
 */
export function parseStrictObject(bytes: Buffer): Readonly<Record<string, unknown>> | null {
  try {
    const text = utf8.decode(bytes);
    const value: unknown = JSON.parse(text);
    return isObject(value) && isUnambiguous(text) ? value : null;
  } catch {
    return null;
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isUnambiguous(text: string): boolean {
  const names: Set<string>[] = [];
  for (const [token, string, colon] of text.matchAll(STRUCTURE)) {
    if (string !== undefined) {
      // Only an escape can spell a lone surrogate, since the bytes were UTF-8, or one name in two ways.
      const isEscaped = string.includes('\\');
      const decoded = isEscaped ? (JSON.parse(string) as string) : string.slice(1, -1);
      if (isEscaped && !decoded.isWellFormed()) return false;
      if (colon !== undefined && !isNewName(decoded, names.at(-1))) return false;
    } else if (token === '{' || token === '[') {
      if (names.push(new Set()) > MAX_DEPTH) return false;
    } else {
      names.pop();
    }
  }
  return true;
}

function isNewName(name: string, names: Set<string> | undefined): boolean {
  // `__proto__` is legal JSON, but whoever merges claims into an object would be surprised by it.
  if (names === undefined || names.has(name) || name === '__proto__') return false;
  names.add(name);
  return true;
}
