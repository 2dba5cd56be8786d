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
}

/** What of a response may be signed, and the request that it answers (RFC 9421 §2.4). */
export interface ResponseMessage {
  readonly status: number;
  readonly fields: Fields;
  readonly request: RequestMessage;
}

export type HttpMessage = RequestMessage | ResponseMessage;

/** From names and values by turns, as Node hands them over: every line that came, in its order. */
export function fieldsOf(rawHeaders: readonly string[]): Fields {
  const fields = new Map<string, string[]>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    const value = (rawHeaders[at + 1] ?? '').trim();
    const lines = fields.get(name);
    if (lines === undefined) fields.set(name, [value]);
    else lines.push(value);
  }
  return fields;
}

/** All lines of a field as one (RFC 9110 §5.3); null where there is none. */
export function fieldValue(fields: Fields, name: string): string | null {
  const lines = fields.get(name);
  if (lines === undefined) return null;
  return lines.length === 1 ? (lines[0] ?? '') : lines.join(', ');
}
