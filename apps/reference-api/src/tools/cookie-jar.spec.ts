import { CookieJar } from './cookie-jar.js';

describe('CookieJar', () => {
  const at = (path: string) => new URL(path, 'http://localhost:3000');
  let jar: CookieJar;

  beforeEach(() => {
    jar = new CookieJar();
  });

  it('sends a cookie to its path and what is below it, and nowhere else', () => {
    jar.keep(at('/oauth/authorize'), ['uid=1; Path=/oauth/interaction/a; HttpOnly']);
    expect(jar.headerFor(at('/oauth/interaction/a'))).toBe('uid=1');
    expect(jar.headerFor(at('/oauth/interaction/a/login'))).toBe('uid=1');
    expect(jar.headerFor(at('/oauth/interaction/ab'))).toBe('');
    expect(jar.headerFor(at('/oauth/authorize'))).toBe('');
  });

  it('keeps a cookie without a path for the folder it came from', () => {
    jar.keep(at('/oauth/authorize'), ['session=1']);
    expect(jar.headerFor(at('/oauth/token'))).toBe('session=1');
    expect(jar.headerFor(at('/v1/me'))).toBe('');
  });

  it('replaces by name and path, and sends the longer path first', () => {
    jar.keep(at('/'), ['a=1; path=/', 'a=2; path=/oauth', 'a=3; path=/']);
    expect(jar.headerFor(at('/oauth'))).toBe('a=2; a=3');
  });

  it.each(['Max-Age=0', 'expires=Thu, 01 Jan 1970 00:00:00 GMT'])('forgets with %s', (end) => {
    jar.keep(at('/'), ['a=1; path=/']);
    jar.keep(at('/'), [`a=; path=/; ${end}`]);
    expect(jar.headerFor(at('/'))).toBe('');
  });

  it('keeps what ends later, and an equals sign in the value', () => {
    jar.keep(at('/'), ['a=b=c; path=/; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT']);
    expect(jar.headerFor(at('/'))).toBe('a=b=c');
  });
});
