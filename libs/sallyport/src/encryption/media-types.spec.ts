import { acceptsJose, ctyOf, isJose, saysJson } from './media-types.js';

describe('Media types of encrypted bodies', () => {
  it.each([
    ['application/json', 'json'],
    ['application/json; charset=utf-8', 'json'],
    ['application/problem+json; charset=utf-8', 'problem+json'],
    ['application/pdf', 'pdf'],
    ['application/x-www-form-urlencoded;charset=UTF-8', 'x-www-form-urlencoded;charset=UTF-8'],
    ['text/plain; charset=utf-8', 'text/plain; charset=utf-8'],
    ['application/json; profile="a/b"', 'application/json; profile="a/b"'],
  ])('%s is written as cty %s', (type, cty) => {
    expect(ctyOf(type)).toBe(cty);
  });

  it.each([
    'json',
    'JSON',
    'application/json',
    'json; charset=utf-8',
    'application/json;charset="UTF-8"',
  ])('cty %s says JSON', (cty) => {
    expect(saysJson(cty)).toBe(true);
  });

  it.each([
    null,
    '',
    'text/json',
    'json; charset=latin1',
    'problem+json',
    'application/jsonp',
    'json\n',
  ])('cty %j does not say JSON', (cty) => {
    expect(saysJson(cty)).toBe(false);
  });

  it('knows application/jose, and nothing like it', () => {
    expect(['application/jose', ' Application/JOSE '].map(isJose)).toEqual([true, true]);
    const others = [undefined, '', 'jose', 'application/jose+json', 'application/jose; a=b'];
    expect(others.map(isJose)).toEqual([false, false, false, false, false]);
  });

  it.each([
    [undefined, true],
    ['', true],
    ['*/*', true],
    ['application/*;q=0.2, text/html', true],
    ['application/jose;q=0.001', true],
    ['application/*, application/jose;q=0', false],
    ['application/jose, application/*;q=0, */*;q=0', true],
    ['application/json', false],
    ['*/*;q=0', false],
    ['*/*; Q=0.000', false],
    [',;,', false],
  ])('Accept: %j lets an answer be a JWE: %s', (accept, is) => {
    expect(acceptsJose(accept)).toBe(is);
  });
});
