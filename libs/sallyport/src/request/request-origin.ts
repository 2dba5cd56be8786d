import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { Inject, Injectable } from '@nestjs/common';
import { AddressRanges, canonicalAddress, isLoopback } from '../network/address.js';
import { REQUEST_OPTIONS, type ResolvedRequestOptions } from './request.options.js';
import { rawRequest, type AdapterRequest } from './adapter-request.js';

const MAX_HOPS = 32;

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
    let address = peerOf(raw);
    if (!this.proxies.contains(address)) return address;
    for (const hop of this.forwardedFor(raw).reverse()) {
      const next = canonicalAddress(hop);
      if (next === null) return address; // garbage or `unknown`: the last hop that we know
      address = next;
      if (!this.proxies.contains(address)) return address;
    }
    return address;
  }

  /** Whether the sender spoke TLS: to us, or to a trusted proxy that says so. */
  isSecure(request: AdapterRequest): boolean {
    const raw = rawRequest(request);
    if ((raw.socket as Partial<TLSSocket>).encrypted === true) return true;
    if (!this.proxies.contains(peerOf(raw))) return false;
    const proto =
      this.options.proxyHeader === 'forwarded'
        ? lastOf(forwardedParameters(raw, 'proto'))
        : lastOf(listOf(raw, 'x-forwarded-proto'));
    return proto?.toLowerCase() === 'https';
  }

  /** Whether the sender is on this machine. A forwarding header nobody trusts betrays a proxy we were not told of. */
  isLocal(request: AdapterRequest): boolean {
    const raw = rawRequest(request);
    const peer = peerOf(raw);
    if (!isLoopback(peer)) return false;
    if (this.proxies.contains(peer)) return isLoopback(this.addressOf(request));
    return raw.headers.forwarded === undefined && raw.headers['x-forwarded-for'] === undefined;
  }

  private forwardedFor(raw: IncomingMessage): string[] {
    if (this.options.proxyHeader === 'x-forwarded') {
      return listOf(raw, 'x-forwarded-for').map(withoutPort);
    }
    return forwardedParameters(raw, 'for').map((node) => withoutPort(node.replaceAll('"', '')));
  }
}

const peerOf = (raw: IncomingMessage): string =>
  canonicalAddress(raw.socket.remoteAddress ?? '') ?? 'unknown';

const lastOf = (values: readonly string[]): string | undefined => values.at(-1);

/** A header as a list, all of its lines in order (RFC 9110 §5.3); only its end, which near proxies wrote. */
function listOf(raw: IncomingMessage, name: string): string[] {
  const value = raw.headers[name];
  const text = Array.isArray(value) ? value.join(',') : (value ?? '');
  return text
    .split(',')
    .slice(-MAX_HOPS)
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** One parameter of each element of `Forwarded` (RFC 7239 §4); elements without it count as unknown. */
const forwardedParameters = (raw: IncomingMessage, name: string): string[] =>
  listOf(raw, 'forwarded').map((element) => {
    const pair = element.split(';').find((part) => part.trim().toLowerCase().startsWith(`${name}=`));
    return pair === undefined ? 'unknown' : pair.trim().slice(name.length + 1);
  });

/** `192.0.2.1:4711`, `[2001:db8::1]:4711` and `[2001:db8::1]` without port and brackets. */
function withoutPort(node: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(node);
  if (bracketed?.[1] !== undefined) return bracketed[1];
  return /^\d+\.\d+\.\d+\.\d+:\d+$/.test(node) ? node.slice(0, node.lastIndexOf(':')) : node;
}
