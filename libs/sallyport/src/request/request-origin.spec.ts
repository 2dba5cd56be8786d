import type { AdapterRequest } from './adapter-request.js';
import { RequestOrigin } from './request-origin.js';
import { resolveRequestOptions, type RequestOptions } from './request.options.js';

interface Sent {
  readonly peer?: string;
  readonly headers?: Record<string, string>;
  readonly encrypted?: boolean;
}

const LOAD_BALANCER = '10.0.0.2';
const EDGE = '10.9.0.1';
const SENDER = '198.51.100.7';

function originOf(options: RequestOptions, sent: Sent) {
  const mistakes: string[] = [];
  const origin = new RequestOrigin(resolveRequestOptions(options, false, mistakes));
  expect(mistakes).toEqual([]);
  const { peer = LOAD_BALANCER, headers = {}, encrypted = false } = sent;
  const rawHeaders = Object.entries(headers).flat();
  const request = { socket: { remoteAddress: peer, encrypted }, headers, rawHeaders };
  const adapted = request as unknown as AdapterRequest;
  return {
    address: origin.addressOf(adapted),
    isSecure: origin.isSecure(adapted),
    isLocal: origin.isLocal(adapted),
  };
}

const xForwarded = (value: string, proto?: string) => ({
  'x-forwarded-for': value,
  ...(proto === undefined ? {} : { 'x-forwarded-proto': proto }),
});

describe('Origin of a request', () => {
  const trusting: RequestOptions = { trustedProxies: ['10.0.0.0/16', EDGE] };
  const forwarded: RequestOptions = { ...trusting, proxyHeader: 'forwarded' };

  it('is the peer when no proxy is trusted, whatever the headers say [T9]', () => {
    const headers = { ...xForwarded('127.0.0.1', 'https'), forwarded: 'for=127.0.0.1;proto=https' };
    expect(originOf({}, { peer: SENDER, headers })).toEqual({
      address: SENDER,
      isSecure: false,
      isLocal: false,
    });
  });

  it('is the peer when that is no trusted proxy', () => {
    const headers = xForwarded('127.0.0.1', 'https');
    expect(originOf(trusting, { peer: SENDER, headers })).toEqual({
      address: SENDER,
      isSecure: false,
      isLocal: false,
    });
  });

  it.each([
    [SENDER, SENDER],
    [`127.0.0.1, ${SENDER}`, SENDER], // the sender wrote the first
    [`127.0.0.1, ${EDGE}, ${SENDER}`, SENDER], // and names of our proxies
    [`${SENDER}, ${EDGE}`, SENDER],
    [`203.0.113.9, ${SENDER}, ${EDGE}, 10.0.0.3`, SENDER],
    [`${SENDER}:4711`, SENDER],
    ['2001:DB8::7', '2001:db8::7'],
    ['[2001:db8::7]:4711', '2001:db8::7'],
    [`::ffff:${SENDER}`, SENDER],
    [`garbage, ${SENDER}`, SENDER],
    [`${SENDER}, garbage`, LOAD_BALANCER],
    [`${SENDER}, unknown, ${EDGE}`, EDGE],
    ['', LOAD_BALANCER],
    [' , ,', LOAD_BALANCER],
    [`${EDGE}, 10.0.0.3`, EDGE],
    [`${'1.1.1.1, '.repeat(500)}${SENDER}`, SENDER],
  ])('X-Forwarded-For: %s comes from %s', (value, address) => {
    expect(originOf(trusting, { headers: xForwarded(value) }).address).toBe(address);
  });

  it.each([
    [`for=${SENDER}`, SENDER],
    [`for=127.0.0.1, for=${SENDER}`, SENDER],
    [`for="[2001:db8::7]:4711"`, '2001:db8::7'],
    [`for=${SENDER};proto=https, for=${EDGE};proto=http`, SENDER],
    [`for=${SENDER}, for=_hidden`, LOAD_BALANCER],
    [`for=${SENDER}, proto=https`, LOAD_BALANCER],
    [`for=${SENDER};host="a, for=127.0.0.1;proto=https;b="`, SENDER],
    [`for=${SENDER}, for=127.0.0.1"`, LOAD_BALANCER],
  ])('Forwarded: %s comes from %s', (value, address) => {
    expect(originOf(forwarded, { headers: { forwarded: value } }).address).toBe(address);
  });

  it('reads only the header that the proxies write: they pass on the other as it came', () => {
    const spoofed = { forwarded: 'for=127.0.0.1;proto=https' };
    expect(originOf(trusting, { headers: { ...xForwarded(SENDER, 'http'), ...spoofed } })).toEqual({
      address: SENDER,
      isSecure: false,
      isLocal: false,
    });
    const other = xForwarded('127.0.0.1', 'https');
    const headers = { forwarded: `for=${SENDER};proto=http`, ...other };
    expect(originOf(forwarded, { headers })).toEqual({
      address: SENDER,
      isSecure: false,
      isLocal: false,
    });
  });

  it.each([
    ['https', true],
    ['HTTPS', true],
    ['http', false],
    ['https, http', false],
    ['http, https', true],
    ['httpsx', false],
  ])('X-Forwarded-Proto: %s of a trusted proxy is secure: %s [C19]', (proto, isSecure) => {
    expect(originOf(trusting, { headers: xForwarded(SENDER, proto) }).isSecure).toBe(isSecure);
    expect(originOf(trusting, { headers: { 'x-forwarded-proto': proto } }).isSecure).toBe(isSecure);
  });

  it.each([
    [`for=${SENDER};proto=https`, true],
    [`for=${SENDER};proto="https"`, true],
    [`for=${SENDER};proto=https, for=${EDGE};proto=http`, true], // TLS ends at the edge
    [`for=${SENDER};proto=http, for=${EDGE};proto=https`, false],
    [`for=${SENDER};proto=https, for=203.0.113.9;proto=http`, false], // the sender wrote the first
    [`for=${SENDER}, for=${EDGE};proto=https`, false],
    [`for=${SENDER};proto=https;proto=http`, false],
  ])('Forwarded: %s is secure: %s', (value, isSecure) => {
    expect(originOf(forwarded, { headers: { forwarded: value } }).isSecure).toBe(isSecure);
  });

  it('is secure over TLS of our own, unless the proxy says that it was spoken to in the clear', () => {
    expect(originOf({}, { peer: SENDER, encrypted: true }).isSecure).toBe(true);
    const spoofed = { peer: SENDER, encrypted: true, headers: xForwarded('::1', 'http') };
    expect(originOf({}, spoofed).isSecure).toBe(true);
    const told = { encrypted: true, headers: xForwarded(SENDER, 'http') };
    expect(originOf(trusting, told).isSecure).toBe(false);
    expect(originOf(trusting, { encrypted: true }).isSecure).toBe(true);
  });

  describe('on this machine', () => {
    const local: RequestOptions = { trustedProxies: ['127.0.0.1', '::1'] };

    it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])('is a plain request from %s', (peer) => {
      expect(originOf({}, { peer }).isLocal).toBe(true);
      expect(originOf(local, { peer }).isLocal).toBe(true);
    });

    it.each(['forwarded', 'x-forwarded-for', 'x-forwarded-proto', 'x-real-ip', 'via'])(
      'is none with %s: a proxy sent it that we were not told of',
      (name) => {
        expect(originOf({}, { peer: '127.0.0.1', headers: { [name]: '127.0.0.1' } }).isLocal).toBe(
          false,
        );
      },
    );

    it('is one that a trusted proxy here has from here', () => {
      const headers = xForwarded('127.0.0.1', 'http');
      expect(originOf(local, { peer: '127.0.0.1', headers }).isLocal).toBe(true);
    });

    it.each([
      xForwarded(SENDER),
      xForwarded(`127.0.0.1, ${SENDER}`),
      xForwarded('garbage'),
      { 'x-forwarded-proto': 'http' },
      { forwarded: `for=${SENDER}` }, // the header that this app was not told to read
    ])('is none that a trusted proxy here has from elsewhere, or does not say: %j', (headers) => {
      expect(originOf(local, { peer: '127.0.0.1', headers }).isLocal).toBe(false);
    });
  });

  it('is unknown where the socket has gone, and then neither trusted nor local', () => {
    const sent = { peer: '', headers: xForwarded('127.0.0.1', 'https') };
    expect(originOf(trusting, sent)).toEqual({
      address: 'unknown',
      isSecure: false,
      isLocal: false,
    });
  });
});

describe('Request options', () => {
  it('names every mistake', () => {
    const mistakes: string[] = [];
    const wrong = {
      trustedProxies: ['10.0.0.0/40', 7, '10.0.0.1'],
      proxyHeader: 'X-Forwarded',
      hstsSeconds: -1,
    };
    const resolved = resolveRequestOptions(wrong as never, false, mistakes);
    expect(mistakes).toHaveLength(4);
    expect(resolved.trustedProxies).toEqual(['10.0.0.1']);
    resolveRequestOptions({ trustedProxies: '10.0.0.1' } as never, false, mistakes);
    expect(mistakes).toHaveLength(5);
  });

  it('trusts no proxy, and demands https outside development, unless told otherwise', () => {
    expect(resolveRequestOptions({}, false, [])).toMatchObject({
      trustedProxies: [],
      requiresHttps: true,
      hstsSeconds: 31_536_000,
    });
    expect(resolveRequestOptions({}, true, []).requiresHttps).toBe(false);
  });
});
