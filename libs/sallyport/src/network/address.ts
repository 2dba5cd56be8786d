import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

const DOTTED_QUAD = /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/;

/** An address is asked for several times in each request, and by many requests of one connection. */
const parsed = new Map<string, Address | null>();
const MAX_PARSED = 1000;
/** Longer than any address: garbage of forwarding headers is not kept. */
const MAX_LENGTH = 64;

function parse(text: string): Address | null {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const address = read(text);
  if (text.length > MAX_LENGTH) return address;
  if (parsed.size >= MAX_PARSED) parsed.clear();
  parsed.set(text, address);
  return address;
}

function read(text: string): Address | null {
  const [withoutZone = ''] = text.split('%');
  const quad = withoutZone.slice(withoutZone.lastIndexOf(':') + 1);
  // Stricter than the parser, which also reads `0x7f.1`, and `012.0.0.1` as octal: others read it as 12.0.0.1.
  if ((quad.includes('.') || quad === text) && !DOTTED_QUAD.test(quad)) return null;
  if (withoutZone !== text && quad === withoutZone) return null; // a zone is IPv6's
  // `process` makes IPv4 of `::ffff:a.b.c.d`, which Node reports on dual-stack sockets.
  return ipaddr.isValid(withoutZone) ? ipaddr.process(withoutZone) : null;
}

/** One spelling per address: IPv4-mapped as IPv4, IPv6 compressed, no zone. Null if it is none. */
export const canonicalAddress = (text: string): string | null => parse(text)?.toString() ?? null;

/** Blocks that were worked out, by what was asked: most addresses are asked for again. */
const blocks = new Map<string, string>();
let blocksPrefixLength = 64;

/** IPv4 in whole, IPv6 by its leading bits: a /64 is the smallest block that one customer surely has to itself. */
export function addressBlock(text: string, prefixLength = 64): string {
  if (prefixLength !== blocksPrefixLength) {
    blocks.clear();
    blocksPrefixLength = prefixLength;
  }
  const known = blocks.get(text);
  if (known !== undefined) return known;
  const block = blockOf(text, prefixLength);
  if (text.length > MAX_LENGTH) return block;
  if (blocks.size >= MAX_PARSED) blocks.clear();
  blocks.set(text, block);
  return block;
}

function blockOf(text: string, prefixLength: number): string {
  const address = parse(text);
  if (!(address instanceof ipaddr.IPv6)) return address?.toString() ?? text;
  const parts = address.parts.map((part, n) => {
    const bits = Math.min(16, Math.max(0, prefixLength - 16 * n));
    return part & (0xffff << (16 - bits)) & 0xffff;
  });
  return `${new ipaddr.IPv6(parts).toString()}/${prefixLength}`;
}

/** No more than what many share: the /24 of IPv4, the /48 of IPv6. */
export function truncatedAddress(text: string): string {
  const address = parse(text);
  if (address === null) return text;
  if (address instanceof ipaddr.IPv4) return `${address.octets.slice(0, 3).join('.')}.0/24`;
  return `${new ipaddr.IPv6([...address.parts.slice(0, 3), 0, 0, 0, 0, 0]).toString()}/48`;
}

export const isLoopback = (text: string): boolean => parse(text)?.range() === 'loopback';

/** CIDR ranges, v4 and v6; a bare address is a range of one. */
export class AddressRanges {
  private readonly ranges: readonly (readonly [Address, number])[];

  /** Throws TypeError for a text that is no range; check first with `isAddressRange`. */
  constructor(ranges: readonly string[]) {
    this.ranges = ranges.map((text) => {
      const range = parseRange(text);
      if (range === null) throw new TypeError(`not an address range: ${text}`);
      return range;
    });
  }

  get isEmpty(): boolean {
    return this.ranges.length === 0;
  }

  contains(text: string): boolean {
    if (this.isEmpty) return false;
    const address = parse(text);
    return (
      address !== null &&
      this.ranges.some(
        ([base, bits]) => base.kind() === address.kind() && address.match(base, bits),
      )
    );
  }
}

export const isAddressRange = (text: string): boolean => parseRange(text) !== null;

function parseRange(text: string): readonly [Address, number] | null {
  const [base = '', bits, ...rest] = text.split('/');
  const address = parse(base);
  if (address === null || rest.length > 0) return null;
  const size = address instanceof ipaddr.IPv6 ? 128 : 32;
  if (bits === undefined) return [address, size];
  // A mapped base would count its bits from another zero; it is refused rather than guessed at.
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > size) return null;
  return address instanceof ipaddr.IPv4 && base.includes(':') ? null : [address, Number(bits)];
}
