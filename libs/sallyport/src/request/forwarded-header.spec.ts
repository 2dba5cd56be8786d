import { parseForwarded } from './forwarded-header.js';
import { quickest } from '../../../../test/support/stopwatch.js';

describe('Forwarded (RFC 7239)', () => {
  it.each([
    ['for=192.0.2.1', [{ for: '192.0.2.1', proto: null }]],
    ['For="[2001:db8::1]:4711"', [{ for: '[2001:db8::1]:4711', proto: null }]],
    ['for=192.0.2.1;proto=https;by=203.0.113.1', [{ for: '192.0.2.1', proto: 'https' }]],
    ['proto="https" ; FOR=_hidden', [{ for: '_hidden', proto: 'https' }]],
    [
      'for=192.0.2.1, for=10.0.0.1;proto=http',
      [
        { for: '192.0.2.1', proto: null },
        { for: '10.0.0.1', proto: 'http' },
      ],
    ],
    ['for="a\\"b"', [{ for: 'a"b', proto: null }]],
  ])('§4 reads %s', (value, hops) => {
    expect(parseForwarded(value)).toEqual(hops);
  });

  it('§4 does not split inside a quoted string, where the sender may have written', () => {
    const value = 'for=198.51.100.7;host="a, for=127.0.0.1;proto=https;x=";proto=http';
    expect(parseForwarded(value)).toEqual([{ for: '198.51.100.7', proto: 'http' }]);
  });

  it.each([
    '',
    'for',
    'for=1.2.3.4;for=127.0.0.1',
    'for=1.2.3.4;FOR=127.0.0.1',
    'for=[2001:db8::1]', // brackets and colons have to be quoted
    'for="1.2.3.4',
    'for=1.2.3.4 proto=https',
    'for=1.2.3.4;',
    'for=1.2.3.4,,for=1.2.3.5',
    '=1.2.3.4',
    'for="a\\"',
  ])('§4 takes %j for nothing that it understands', (value) => {
    expect(parseForwarded(value)).toBeNull();
  });

  it('reads a header of any length in no time', async () => {
    const took = await quickest(() => {
      parseForwarded(`for="${'\\a'.repeat(30_000)}`);
      parseForwarded(`${' '.repeat(30_000)}for=`);
    });
    expect(took).toBeLessThan(200);
  });
});
