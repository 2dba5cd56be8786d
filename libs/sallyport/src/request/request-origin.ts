import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { Inject, Injectable } from '@nestjs/common';
import { AddressRanges, canonicalAddress, isLoopback } from '../network/address.js';
import { parseForwarded, type ForwardedHop } from './forwarded-header.js';
import { REQUEST_OPTIONS, type ResolvedRequestOptions } from './request.options.js';
import { rawRequest, type AdapterRequest } from './adapter-request.js';

const MAX_HOPS = 32;

/** Written by proxies only: on a request that came straight from its sender there is none. */
const PROXY_HEADERS = new Set([
  ...['forwarded', 'via', 'x-real-ip'],
  ...['for', 'host', 'proto'].map((name) => `x-forwarded-${name}`),
]);
const PROXY_HEADER_LENGTHS = new Set([...PROXY_HEADERS].map(({ length }) => length));

/** What the socket says of the other end, in canonical form: the same for all requests of a connection. */
const PEER = Symbol('sallyport:peer');

interface PeerSocket {
  readonly remoteAddress?: string | undefined;
  [PEER]?: string | undefined;
}

interface Sender {
  readonly address: string;
  /** How the sender spoke to the outermost trusted proxy, as that says; null without a word of it. */
  readonly proto: string | null;
  /** Whether the address is the sender's: not that of a proxy which did not say for whom it speaks. */
  readonly isCertain: boolean;
}

/**
 * Where a request comes from. The only reader of `Forwarded` (RFC 7239) and `X-Forwarded-*`, and it
 * believes them only as far as the chain of trusted proxies reaches.
 */
@Injectable()
export class RequestOrigin {
  private readonly proxies: AddressRanges;

  constructor(@Inject(REQUEST_OPTIONS) private readonly options: ResolvedRequestOptions) {
    this.proxies = new AddressRanges(options.trustedProxies);
  }

  /** Address of the sender in canonical form; the nearest untrusted hop. */
  addressOf(request: AdapterRequest): string {
    const raw = rawRequest(request);
    return this.proxies.isEmpty ? peerOf(raw) : this.sender(raw).address;
  }

  /** Whether the sender spoke TLS: to us, or to a trusted proxy that says so. */
  isSecure(request: AdapterRequest): boolean {
    const raw = rawRequest(request);
    const proto = this.proxies.isEmpty ? null : this.sender(raw).proto;
    // A proxy that encrypts towards us may have been spoken to in the clear: its word counts.
    return proto === null
      ? (raw.socket as Partial<TLSSocket>).encrypted === true
      : proto.toLowerCase() === 'https';
  }

  /** Whether the sender is on this machine. Forwarding headers without a trusted proxy betray one we were not told of. */
  isLocal(request: AdapterRequest): boolean {
    const raw = rawRequest(request);
    if (!isLoopback(peerOf(raw))) return false;
    if (!cameByProxy(raw)) return true;
    const { address, isCertain } = this.sender(raw);
    return this.proxies.contains(peerOf(raw)) && isCertain && isLoopback(address);
  }

  /** Whether any proxy is trusted. */
  get hasTrustedProxies(): boolean {
    return !this.proxies.isEmpty;
  }

  /** Whether it was a trusted proxy that handed the request to us. */
  isFromTrustedProxy(request: AdapterRequest): boolean {
    return !this.proxies.isEmpty && this.proxies.contains(peerOf(rawRequest(request)));
  }

  /** Walks the hops from the nearest one, as long as trusted proxies vouch for them. */
  private sender(raw: IncomingMessage): Sender {
    let address = peerOf(raw);
    let proto: string | null = null;
    if (!this.proxies.contains(address)) return { address, proto, isCertain: true };
    const hops = this.hops(raw);
    if (hops === null) return { address, proto: 'unknown', isCertain: false };
    for (const hop of hops.slice(-MAX_HOPS).reverse()) {
      proto = hop.proto;
      const next = hop.for === null ? null : canonicalAddress(withoutPort(hop.for));
      if (next === null) return { address, proto, isCertain: false }; // garbage, or `unknown`
      address = next;
      if (!this.proxies.contains(address)) return { address, proto, isCertain: true };
    }
    return { address, proto, isCertain: hops.length > 0 };
  }

  /** What the proxies say, the sender's hop first; null if that cannot be read. */
  private hops(raw: IncomingMessage): readonly ForwardedHop[] | null {
    if (this.options.proxyHeader === 'forwarded') {
      const value = textOf(raw, 'forwarded');
      return value === '' ? [] : parseForwarded(value);
    }
    const protos = listOf(raw, 'x-forwarded-proto');
    // One value for the whole way: proxies overwrite it. Of several only the last is surely not the sender's.
    const proto = protos.at(-1) ?? null;
    const hops = listOf(raw, 'x-forwarded-for').map((node) => ({ for: node, proto }));
    return hops.length === 0 && proto !== null ? [{ for: null, proto }] : hops;
  }
}

/** Reads the lines as they came: `headers` would make an object of all of them first. */
function cameByProxy({ rawHeaders }: IncomingMessage): boolean {
  for (let line = 0; line < rawHeaders.length; line += 2) {
    const name = rawHeaders[line] ?? '';
    if (PROXY_HEADER_LENGTHS.has(name.length) && PROXY_HEADERS.has(name.toLowerCase())) return true;
  }
  return false;
}

function peerOf({ socket }: { readonly socket: PeerSocket }): string {
  return (socket[PEER] ??= canonicalAddress(socket.remoteAddress ?? '') ?? 'unknown');
}

/** All lines of a header as one (RFC 9110 §5.3). */
const textOf = (raw: IncomingMessage, name: string): string =>
  [raw.headers[name] ?? []].flat().join(',');

const listOf = (raw: IncomingMessage, name: string): string[] =>
  textOf(raw, name)
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

/** `192.0.2.1:4711`, `[2001:db8::1]:4711` and `[2001:db8::1]` without port and brackets. */
function withoutPort(node: string): string {
  const bracketed = /^\[([^\]]+)\](?::\w+)?$/.exec(node);
  if (bracketed?.[1] !== undefined) return bracketed[1];
  return /^\d+\.\d+\.\d+\.\d+:\w+$/.test(node) ? node.slice(0, node.lastIndexOf(':')) : node;
}
