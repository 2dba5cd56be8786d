import { parseStrictObject } from './strict-json.js';

const parse = (text: string) => parseStrictObject(Buffer.from(text));

describe('parseStrictObject', () => {
  it.each([
    '{}',
    ' { "a" : [ 1, "b", null, { "c": "}{][\\"" } ] } ',
    '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}',
    '{"a":"{\\"b\\":1,\\"b\\":2}","b":"\\u00e9\\ud83d\\ude00"}',
    '{"":1}',
    `${'{"a":'.repeat(15)}{}${'}'.repeat(15)}`,
  ])('reads %s as JSON.parse does', (text) => {
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ['no object', '[]'],
    ['text after it', '{}{}'],
    ['a name twice', '{"a":1,"a":1}'],
    ['a name twice in another spelling', '{"a":1,"\\u0061":1}'],
    ['a name twice with space before the colon', '{"a" :1,"a"\n:1}'],
    ['a name twice inside a list', '[{"a":[{"b":1,"b":2}]}]'],
    ['a name twice after an inner object', '{"a":{"x":1},"a":2}'],
    ['the name __proto__', '{"a":{"__proto__":{}}}'],
    ['a lone surrogate in a value', '{"a":"\\udc00"}'],
    ['a lone surrogate in a name', '{"\\ud800":1}'],
    ['17 levels', `${'{"a":'.repeat(16)}{}${'}'.repeat(16)}`],
    ['a byte order mark', '\ufeff{}'],
    ['NaN', '{"a":NaN}'],
    ['single quotes', "{'a':1}"],
    ['nothing', ''],
  ])('refuses %s', (_what, text) => {
    expect(parse(text)).toBeNull();
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(parseStrictObject(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toBeNull();
    expect(parseStrictObject(Buffer.from('{"a":1}', 'utf16le'))).toBeNull();
  });
});
