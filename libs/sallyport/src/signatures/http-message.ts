/** The lines of a header or trailer section, by names in lower case; values as they came, without the space around them. */
export type Fields = ReadonlyMap<string, readonly string[]>;

/** What of a request may be signed (RFC 9421 §2.2), as its sender meant it: before proxies and routers touched it. */
export interface RequestMessage {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** Host in lower case, with its port unless that is the scheme's own (RFC 9421 §2.2.3). */
  readonly authority: string;
  /** Path and query in origin form, never decoded. */
  readonly target: string;
  readonly fields: Fields;
  /** Whether content follows, where its fields need not say so (HTTP/2). @default null: they do */
  readonly hasFrames?: boolean | null;
}

/** What of a response may be signed, and the request that it answers (RFC 9421 §2.4). */
export interface ResponseMessage {
  readonly status: number;
  readonly fields: Fields;
  readonly request: RequestMessage;
}

export type HttpMessage = RequestMessage | ResponseMessage;

/**
 * From names and values by turns, as Node hands them over: every line that came, in its order. A cookie is one line, as
 * all readers have it, also where HTTP/2 has cut it up (RFC 9113 §8.2.3).
 */
export function fieldsOf(rawHeaders: readonly string[]): Fields {
  const fields = new Map<string, string[]>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    const value = withoutSpace(rawHeaders[at + 1] ?? '');
    const lines = fields.get(name);
    if (lines === undefined) fields.set(name, [value]);
    else if (name === 'cookie') fields.set(name, [`${lines.join()}; ${value}`]);
    else lines.push(value);
  }
  return fields;
}

/** RFC 9110 §5.5: spaces and tabs. What `trim` takes off besides, such as U+00A0, whoever reads the field would keep. */
const withoutSpace = (value: string): string =>
  isSpace(value.charCodeAt(0)) || isSpace(value.charCodeAt(value.length - 1))
    ? value.replace(/^[\t ]+/, '').replace(/[\t ]+$/, '')
    : value;

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09;

/** All lines of a field as one (RFC 9110 §5.3); null where there is none. */
export function fieldValue(fields: Fields, name: string): string | null {
  const lines = fields.get(name);
  if (lines === undefined) return null;
  return lines.length === 1 ? (lines[0] ?? '') : lines.join(', ');
}
