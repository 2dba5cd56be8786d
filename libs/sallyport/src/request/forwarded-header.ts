/** One hop as a proxy tells it. Null where it does not say, or says what cannot be read. */
export interface ForwardedHop {
  readonly for: string | null;
  readonly proto: string | null;
}

const TOKEN = String.raw`[!#$%&'*+.^_\x60|~0-9A-Za-z-]+`;
const QUOTED = String.raw`"(?:[^"\\]|\\.)*"`;
const PAIR = new RegExp(`[ \\t]*(${TOKEN})=(${TOKEN}|${QUOTED}|)[ \\t]*`, 'y');

/**
 * The hops of `Forwarded` (RFC 7239 §4), in their order. Quoted strings are read as such: a sender may have written
 * commas and semicolons into one that the proxy passes on. Null for what is not spelt by that grammar.
 */
export function parseForwarded(value: string): readonly ForwardedHop[] | null {
  const hops: ForwardedHop[] = [];
  let parameters = new Map<string, string>();
  let position = 0;
  for (;;) {
    PAIR.lastIndex = position;
    const [text, name, written] = PAIR.exec(value) ?? [];
    if (text === undefined || name === undefined || written === undefined) return null;
    // "Each parameter MUST NOT occur more than once per field-value."
    if (parameters.has(name.toLowerCase())) return null;
    parameters.set(name.toLowerCase(), unquoted(written));
    position += text.length;
    const separator = value[position];
    if (separator !== ';') {
      hops.push({ for: parameters.get('for') ?? null, proto: parameters.get('proto') ?? null });
      parameters = new Map();
    }
    if (separator === undefined) return hops;
    if (separator !== ';' && separator !== ',') return null;
    position += 1;
  }
}

const unquoted = (text: string): string =>
  text.startsWith('"') ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1') : text;
