import { jsonIn } from './json-plaintext.js';

const read = (text: string) => jsonIn(Buffer.from(text));

describe('The JSON in a body', () => {
  it.each<[string, object]>([
    ['{}', {}],
    ['[]', []],
    [' {"a":[1,{"b":null}]}\n', { a: [1, { b: null }] }],
    ['{"constructor":"x","prototype":1}', { constructor: 'x', prototype: 1 }],
    ['{"a":"__proto__"}', { a: '__proto__' }],
  ])('%s is an object or array', (text, value) => {
    expect(read(text)).toEqual(value);
  });

  it.each([
    '',
    ' ',
    'null',
    '1',
    '"a"',
    'true',
    '{',
    '{}{}',
    "{'a':1}",
    '{"a":NaN}',
    '\ufeff{}',
    '{"__proto__":{}}',
    '{"__proto__":null}',
    '{"\\u005f_proto__":1}',
    '[{"a":{"__proto__":1}}]',
    '{"constructor":{"prototype":{}}}',
  ])('%j is refused', (text) => {
    expect(read(text)).toBeNull();
  });

  it('is UTF-8', () => {
    expect(jsonIn(Buffer.from([0x22, 0xc3, 0x28, 0x22]))).toBeNull();
    expect(jsonIn(Buffer.from('["é"]', 'latin1'))).toBeNull();
  });

  it('may be nested as deep as its length lets it, and is read or refused', () => {
    expect(read(`${'['.repeat(5_000)}${']'.repeat(5_000)}`)).not.toBeNull();
    expect(read(`["\\u0041",${'['.repeat(50_000)}${']'.repeat(50_000)}]`)).toBeNull();
  });
});
