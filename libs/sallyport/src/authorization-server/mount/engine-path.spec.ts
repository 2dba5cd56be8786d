import { enginePath } from './engine-path.js';

const under = (prefix: string) => ({ getGlobalPrefix: () => prefix });

describe('enginePath', () => {
  it.each([
    ['/oauth/token', '/token'],
    ['/oauth/authorize?client_id=a&x=/oauth/token', '/authorize?client_id=a&x=/oauth/token'],
    ['/oauth/authorize/', '/authorize'],
    ['/oauth/', '/'],
    ['/OAuth/token', '/token'],
    ['/%6fauth/%74oken?a=%62', '/token?a=%62'],
    ['https://elsewhere.test/oauth/token', '/token'],
    ['/oauth/jwks#keys', '/jwks'],
    ['/oauth/oauth/token', '/oauth/token'],
    ['/oauth//token', '//token'],
    ['/oauth/%2Ftoken', '/%2Ftoken'],
  ])('reads %s as %s', (url, path) => {
    expect(enginePath(url, under(''))).toBe(path);
  });

  it.each([
    '/',
    '/oauth',
    '/oauthority/token',
    '/v1/oauth/token',
    '//oauth/token',
    '/x?/oauth/token',
    'http://oauth/token',
    '/oauth%2Ftoken',
    '/%zzoauth/token',
  ])('knows that %s is none of its own', (url) => {
    expect(enginePath(url, under(''))).toBeNull();
  });

  it.each(['api', '/api', 'api/', '/api/'])('expects %s in front where it is global', (prefix) => {
    expect(enginePath('/api/oauth/token', under(prefix))).toBe('/token');
    expect(enginePath('/other/oauth/token', under(prefix))).toBeNull();
  });

  it('finds routes that the host has excluded from its global prefix', () => {
    expect(enginePath('/oauth/token', under('api'))).toBe('/token');
  });

  it('is not confused by a global prefix of the same name', () => {
    expect(enginePath('/oauth/oauth/token', under('oauth'))).toBe('/token');
  });
});
