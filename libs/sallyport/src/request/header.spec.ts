import type { AdapterRequest } from './adapter-request.js';
import { singleHeader } from './header.js';

/** `headers` keeps the first of two; `rawHeaders` has every line as it was written. */
const requestWith = (values: readonly string[]) =>
  ({
    headers: { authorization: values[0] },
    rawHeaders: values.flatMap((value) => ['Authorization', value]).concat('accept', 'x'),
  }) as unknown as AdapterRequest;

describe('A header that may come once', () => {
  it('is read', () => {
    expect(singleHeader(requestWith(['Bearer a']), 'authorization')).toBe('Bearer a');
  });

  it('is null when absent', () => {
    expect(singleHeader(requestWith([]), 'authorization')).toBeNull();
  });

  it('is read when empty: that is malformed, not absent', () => {
    expect(singleHeader(requestWith(['']), 'authorization')).toBe('');
  });

  it('is refused when it came twice, even with the same value', () => {
    const twice = requestWith(['Bearer a', 'Bearer a']);
    expect(() => singleHeader(twice, 'authorization')).toThrow(
      expect.objectContaining({ code: 'ERR_CREDENTIAL_REPEATED' }),
    );
  });

  it('is told from one whose name is as long, and from a value that spells its name', () => {
    const other = { rawHeaders: ['Authorizatiom', 'a', 'x-other', 'authorization'] };
    expect(singleHeader(other as unknown as AdapterRequest, 'authorization')).toBeNull();
  });

  it('is found in the raw request of Fastify', () => {
    const fastify = { raw: requestWith(['Bearer a']), headers: {} } as unknown as AdapterRequest;
    expect(singleHeader(fastify, 'authorization')).toBe('Bearer a');
  });
});
