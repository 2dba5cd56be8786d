import ipaddr from 'ipaddr.js';

/** All addresses that may ever be assigned to hosts on the internet (RFC 4291 §2.4). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

export type AddressKind = 'public' | 'loopback' | 'other';

/**
 * Where an address leads. `other` is everything a request from inside must not be led to: private,
 * link-local, shared (RFC 6598), multicast, reserved, and ranges that smuggle an IPv4 address (NAT64, 6to4, Teredo).
 */
export function kindOfAddress(address: string): AddressKind {
  if (!ipaddr.isValid(address)) return 'other';
  // IPv4-mapped addresses become the IPv4 address they reach.
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (range === 'loopback') return 'loopback';
  const isGlobal = parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_UNICAST);
  return range === 'unicast' && isGlobal ? 'public' : 'other';
}
