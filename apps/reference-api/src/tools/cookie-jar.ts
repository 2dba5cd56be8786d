interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

/** The cookies of one browser at one server (RFC 6265 §5.3): they are gone when it says so, or when we are. */
export class CookieJar {
  private readonly cookies = new Map<string, Cookie>();

  /** Takes in `Set-Cookie` of an answer to `url`. */
  keep(url: URL, setCookies: readonly string[]): void {
    for (const text of setCookies) {
      const [pair = '', ...attributes] = text.split(';').map((part) => part.trim());
      const named = new Map(attributes.map(split).map(([name, value]) => [lower(name), value]));
      const [name, value] = split(pair);
      const path = named.get('path') ?? defaultPath(url);
      const key = JSON.stringify([name, path]);
      if (hasEnded(named)) this.cookies.delete(key);
      else this.cookies.set(key, { name, value, path });
    }
  }

  /** `Cookie` for a request to `url`; empty when there are none. Longer paths come first (§5.4). */
  headerFor({ pathname }: URL): string {
    return [...this.cookies.values()]
      .filter(({ path }) => pathname === path || pathname.startsWith(path.replace(/\/?$/, '/')))
      .sort((a, b) => b.path.length - a.path.length)
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }
}

const lower = (text: string): string => text.toLowerCase();

function split(pair: string): readonly [string, string] {
  const at = pair.indexOf('=');
  return at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
}

/** §5.1.4. */
const defaultPath = ({ pathname }: URL): string => pathname.replace(/\/[^/]*$/, '') || '/';

/** §5.3: `Max-Age` counts before `Expires`. */
function hasEnded(attributes: ReadonlyMap<string, string>): boolean {
  const maxAge = attributes.get('max-age');
  if (maxAge !== undefined) return Number(maxAge) <= 0;
  const expires = attributes.get('expires');
  return expires !== undefined && Date.parse(expires) <= Date.now();
}
