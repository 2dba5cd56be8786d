import { BoundedJsonPipe } from './bounded-json.pipe.js';

describe('BoundedJsonPipe', () => {
  const pass = (value: unknown, type: 'body' | 'query' = 'body') =>
    new BoundedJsonPipe().transform(value, { type });

  const nested = (depth: number): unknown => {
    let value: unknown = 1;
    for (let level = 0; level < depth; level += 1) value = [value];
    return value;
  };

  it('passes 32 levels on unchanged', () => {
    const body = nested(32);
    expect(pass(body)).toBe(body);
  });

  it.each([33, 500_000])('refuses %d levels', (depth) => {
    expect(() => pass(nested(depth))).toThrow(
      expect.objectContaining({ code: 'ERR_INPUT_INVALID' }),
    );
  });

  it('refuses more than ten thousand values', () => {
    expect(() => pass({ list: new Array(10_000).fill(0) })).toThrow();
    expect(pass({ list: new Array(9_998).fill(0) })).toBeDefined();
  });

  it.each(['__proto__', 'constructor'])('refuses a member named %s at any depth', (name) => {
    expect(() => pass(JSON.parse(`{"a":[{"${name}":{"admin":true}}]}`))).toThrow();
  });

  it.each([undefined, null, '', 0])('passes %p on', (body) => {
    expect(pass(body)).toBe(body);
  });

  it('leaves what is not a body alone', () => {
    const query = nested(40);
    expect(pass(query, 'query')).toBe(query);
  });
});
