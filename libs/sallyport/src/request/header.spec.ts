import type { AdapterRequest } from './adapter-request.js';
import { singleHeader } from './header.js';

const http1 = (values: readonly string[] | undefined) =>
  ({
    headers: { authorization: values?.[0] },
    headersDistinct: values === undefined ? {} : { authorization: values },
  }) as unknown as AdapterRequest;

/** As HTTP/2 requests are: `headers` keeps the first of two. */
const http2 = (values: readonly string[]) =>
  ({
    headers: { authorization: values[0] },
    rawHeaders: values.flatMap((value) => ['Authorization', value]).concat('accept', 'x'),
  }) as unknown as AdapterRequest;

describe.each([
  ['HTTP/1.1', http1],
  ['HTTP/2', http2],
])('A header that may come once, over %s', (_, request) => {
  it('is read', () => {
    expect(singleHeader(request(['Bearer a']), 'authorization')).toBe('Bearer a');
  });

  it('is null when absent', () => {
    expect(singleHeader(request([]), 'authorization')).toBeNull();
  });

  it('is read when empty: that is malformed, not absent', () => {
    expect(singleHeader(request(['']), 'authorization')).toBe('');
  });

  it('is refused when it came twice, even with the same value', () => {
    const twice = request(['Bearer a', 'Bearer a']);
    expect(() => singleHeader(twice, 'authorization')).toThrow(
      expect.objectContaining({ code: 'ERR_CREDENTIAL_REPEATED' }),
    );
  });

  it('is found in the raw request of Fastify', () => {
    const fastify = { raw: request(['Bearer a']), headers: {} } as unknown as AdapterRequest;
    expect(singleHeader(fastify, 'authorization')).toBe('Bearer a');
  });
});
