/** One member of a list: a string with parameters that are integers, strings or plain flags. */
export interface ListMember {
  readonly value: string;
  readonly parameters: Readonly<Record<string, number | string | true>>;
}

const MEMBER = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"/;
const PARAMETER =
  /^; *([a-z*][a-z0-9_.*-]*)(?:=(?:(-?\d{1,15})|"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"))?/;

/** Reads a list of strings as RFC 9651 §4.2.1 says, as far as `RateLimit` and `RateLimit-Policy` go. Throws otherwise. */
export function parseStructuredList(text: string): readonly ListMember[] {
  const members: ListMember[] = [];
  let rest = text;
  for (;;) {
    const string = MEMBER.exec(rest);
    if (string === null) throw new Error(`no string at ${JSON.stringify(rest)}`);
    rest = rest.slice(string[0].length);
    const parameters: Record<string, number | string | true> = {};
    for (let found = PARAMETER.exec(rest); found !== null; found = PARAMETER.exec(rest)) {
      const [whole, name = '', integer, quoted] = found;
      parameters[name] = integer === undefined ? (quoted ?? true) : Number(integer);
      rest = rest.slice(whole.length);
    }
    members.push({ value: string[1] ?? '', parameters });
    if (rest === '') return members;
    const comma = /^[ \t]*,[ \t]*(?=\S)/.exec(rest);
    if (comma === null) throw new Error(`no comma at ${JSON.stringify(rest)}`);
    rest = rest.slice(comma[0].length);
  }
}
