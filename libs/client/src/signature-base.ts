/** What is signed of a request (RFC 9421 §2.2). */
export interface SignedMessage {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
}

export interface Component {
  readonly name: string;
  /** Of the request that a response answers (§2.4). */
  readonly req: boolean;
  /** Of a dictionary, this member alone (§2.1.2); only `signature`, whose members are byte sequences. */
  readonly key: string | null;
}

export const component = (name: string): Component => ({ name, req: false, key: null });

export const identifier = ({ name, req, key }: Component): string =>
  `"${name}"${req ? ';req' : ''}${key === null ? '' : `;key="${key}"`}`;

export interface AnsweredMessage {
  readonly status: number;
  readonly headers: Headers;
}

/** RFC 9421 §2.5. Null when something covered is not there. */
export function signatureBase(
  components: readonly Component[],
  parameters: string,
  request: SignedMessage,
  response: AnsweredMessage | null = null,
): string | null {
  const lines: string[] = [];
  for (const one of components) {
    const value = valueOf(one, request, response);
    if (value === null || !/^[\t\x20-\x7e]*$/.test(value)) return null;
    lines.push(`${identifier(one)}: ${value}`);
  }
  return [...lines, `"@signature-params": ${parameters}`].join('\n');
}

function valueOf(
  { name, req, key }: Component,
  request: SignedMessage,
  response: AnsweredMessage | null,
): string | null {
  if (response !== null && !req) {
    return name === '@status' ? String(response.status) : field(response.headers, name, key);
  }
  const { method, url, headers } = request;
  switch (name) {
    case '@method':
      return method;
    case '@authority':
      return url.host;
    case '@path':
      return url.pathname;
    case '@query':
      return url.search === '' ? '?' : url.search;
    default:
      return field(headers, name, key);
  }
}

function field(headers: Headers, name: string, key: string | null): string | null {
  if (name.startsWith('@')) return null;
  const value = headers.get(name);
  if (key === null || value === null) return value;
  const member = /^([a-z][a-z0-9]*)=(:[A-Za-z0-9+/]+={0,2}:)$/.exec(value);
  return member?.[1] === key ? (member[2] ?? null) : null;
}
