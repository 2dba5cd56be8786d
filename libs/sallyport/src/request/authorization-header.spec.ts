import { SallyportError } from '../errors.js';
import { parseAuthorizationHeader } from './authorization-header.js';
import { quickest } from '../../../../test/support/stopwatch.js';

describe('Authorization header', () => {
  it.each([
    ['Bearer abc.def-_~+/==', { scheme: 'bearer', token68: 'abc.def-_~+/==' }],
    ['BEARER abc', { scheme: 'bearer', token68: 'abc' }],
    ['apikey   sp_test_1', { scheme: 'apikey', token68: 'sp_test_1' }],
    ['X-Own abc', { scheme: 'x-own', token68: 'abc' }],
  ])('reads %j', (value, parsed) => {
    expect(parseAuthorizationHeader(value)).toEqual(parsed);
  });

  it.each([
    '',
    ' ',
    'Bearer',
    'Bearer ',
    ' Bearer a',
    'Bearer a ',
    'Bearer a b',
    'Bearer a,b',
    'Bearer a, Bearer b',
    'Bearer\ta',
    'Bearer a\0b',
    'Bearer a\r\nX-Admin: 1',
    'Bearer é',
    'Bearer а', // a Cyrillic letter
    'Béarer a',
    'Bearer a=b',
    'Bearer =',
    'Digest username="x", realm="y"',
    `${'x'.repeat(33)} a`,
    `Bearer ${'a'.repeat(16_384)}`,
  ])('refuses %j', (value) => {
    expect(() => parseAuthorizationHeader(value)).toThrow(
      expect.objectContaining({ code: 'ERR_CREDENTIAL_MALFORMED' }),
    );
  });

  it('says in log and answer nothing of what was sent', () => {
    const secret = 'sp_live_verysecret';
    let refusal: unknown;
    try {
      parseAuthorizationHeader(`Bearer ${secret} ${secret}`);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(SallyportError);
    expect(JSON.stringify([(refusal as Error).message, refusal])).not.toContain(secret);
  });

  it('refuses a hostile header in no time', async () => {
    const took = await quickest(() => {
      expect(() => parseAuthorizationHeader(`Bearer ${'='.repeat(16_000)}!`)).toThrow();
      expect(() => parseAuthorizationHeader(`Bearer${' '.repeat(16_000)}!`)).toThrow();
    });
    expect(took).toBeLessThan(200);
  });
});
