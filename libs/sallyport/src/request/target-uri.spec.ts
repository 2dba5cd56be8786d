import type { AdapterRequest } from './adapter-request.js';
import { normalTargetUri, targetUriOf } from './target-uri.js';

const ORIGIN = 'https://api.test';
const ofRequest = (message: object) => targetUriOf(message as AdapterRequest, ORIGIN);

describe('The URI that a request is for', () => {
  it.each([
    ['/things', '/things'],
    ['/things?a=/../b#c', '/things'],
    ['/', '/'],
    ['/a%7eb/%c3%a9', '/a~b/%C3%A9'],
    ['/a%2fb', '/a%2Fb'],
    ['/...', '/...'],
    ['/a%5cb', '/a%5Cb'],
    ['/.well-known/x', '/.well-known/x'],
    ['//evil.test/a', '//evil.test/a'],
    ['http://evil.test/a?b', '/a'],
  ])('of %s is %s under our own origin', (url, path) => {
    expect(ofRequest({ url })).toBe(`${ORIGIN}${path}`);
  });

  it('is that which came, where a router has cut off a prefix', () => {
    expect(ofRequest({ url: '/a', originalUrl: '/mounted/a' })).toBe(`${ORIGIN}/mounted/a`);
  });

  it.each(['/a/../b', '/a/..', '/./a', '/%2e%2E/a', '/.%2e', '/a\\..\\b', '*', '', 'a/b'])(
    'of %s is none: two readers could make two of it',
    (url) => {
      expect(ofRequest({ url })).toBeNull();
    },
  );

  it.each([
    ['https://api.test:443/a?b#c', 'https://api.test/a'],
    ['HTTPS://API.TEST/A', 'https://api.test/A'],
    ['https://api.test', 'https://api.test/'],
    ['http://localhost:3000/a', 'http://localhost:3000/a'],
    ['https://api.test/%61', 'https://api.test/a'],
  ])('is read from %s as %s', (text, uri) => {
    expect(normalTargetUri(text)).toBe(uri);
  });

  it.each(['/a', '', 'urn:a', 'file:///a', 'https://a@api.test/', 'https://:b@api.test/', '://'])(
    'is not read from %s',
    (text) => {
      expect(normalTargetUri(text)).toBeNull();
    },
  );
});
