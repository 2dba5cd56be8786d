import {
  addressBlock,
  AddressRanges,
  canonicalAddress,
  isAddressRange,
  isLoopback,
} from './address.js';

describe('Addresses', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:C000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::1', '::1'],
  ])('spells %s as %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
  });

  it.each([
    '',
    'unknown',
    'localhost',
    '1',
    '0x7f.0.0.1',
    '0x7f000001',
    '127.1',
    '256.0.0.1',
    '1.2.3.4.5',
    '012.0.0.1', // 10.0.0.1 to some parsers, 12.0.0.1 to others
    '::ffff:012.0.0.1',
    '192.0.2.1%eth0',
    '192.0.2.1:80',
    '[::1]',
    '::1::',
    'g::1',
    ' 192.0.2.1',
    '192.0.2.1\n',
    '１92.0.2.1',
  ])('takes %j for no address', (text) => {
    expect(canonicalAddress(text)).toBeNull();
    expect(isLoopback(text)).toBe(false);
    expect(isAddressRange(text)).toBe(false);
  });

  it.each(['127.0.0.1', '127.255.0.3', '::1', '::ffff:127.0.0.1'])('%s is loopback', (text) => {
    expect(isLoopback(text)).toBe(true);
  });

  it.each(['128.0.0.1', '0.0.0.0', '::', '::2', '10.0.0.1', 'fe80::1'])(
    '%s is not loopback',
    (text) => {
      expect(isLoopback(text)).toBe(false);
    },
  );

  it('puts IPv4 into a block of its own, mapped or not, and IPv6 into its /64', () => {
    expect(addressBlock('192.0.2.1')).toBe('192.0.2.1');
    expect(addressBlock('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(addressBlock('2001:db8:1:2:3::4')).toBe('2001:db8:1:2::/64');
    expect(addressBlock('2001:db8:1:2:ffff::')).toBe(addressBlock('2001:db8:1:2::1'));
    expect(addressBlock('unknown')).toBe('unknown');
  });

  it('says the same of an address asked for again, however many were asked for in between', () => {
    const ask = () => [canonicalAddress('::FFFF:C000:201'), canonicalAddress('unknown')];
    const first = ask();
    expect(ask()).toEqual(first);
    for (let host = 0; host < 3000; host++) canonicalAddress(`10.0.${host >> 8}.${host & 255}`);
    expect(ask()).toEqual(first);
  });
});

describe('Address ranges', () => {
  it.each([
    ['192.0.2.0/24', '192.0.2.255', true],
    ['192.0.2.0/24', '::ffff:192.0.2.9', true],
    ['192.0.2.0/24', '192.0.3.0', false],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['::ffff:192.0.2.7', '192.0.2.7', true],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['::/0', '192.0.2.1', false],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['0.0.0.0/0', 'unknown', false],
  ])('%s contains %s: %s', (range, address, isInside) => {
    expect(new AddressRanges([range]).contains(address)).toBe(isInside);
  });

  it.each([
    '192.0.2.0/33',
    '192.0.2.0/-1',
    '192.0.2.0/',
    '192.0.2.0/24/8',
    '2001:db8::/129',
    '::ffff:192.0.2.0/24', // 24 bits of which zero?
    '0:0:0:0:0:ffff:c000:200/24',
    '010.0.0.0/8',
    '*',
  ])('refuses %j', (range) => {
    expect(isAddressRange(range)).toBe(false);
    expect(() => new AddressRanges([range])).toThrow(TypeError);
  });

  it('contains nothing when there are none', () => {
    expect(new AddressRanges([]).contains('127.0.0.1')).toBe(false);
  });
});
