import { once } from 'node:events';
import { request as requestPlainly, type OutgoingHttpHeaders } from 'node:http';
import { createServer, request, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { form } from './authorization-server.js';
import type { TestAuthority, TestCertificate } from './certificates.js';

export const SERVER_NAME = 'api.test';

export interface TlsCall {
  readonly method?: 'GET' | 'POST';
  readonly headers?: OutgoingHttpHeaders;
  readonly form?: Readonly<Record<string, string>>;
  /** With which the connection is made. */
  readonly certificate?: TestCertificate;
  /** Those of the authorities in between, sent with it. */
  readonly chain?: readonly TestAuthority[];
}

export interface TlsAnswer {
  readonly status: number;
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- what a server says is checked by the assertions
}

/** A server certificate, and any client's: whether an authority vouches for it is for the app to ask. */
export const tlsServer = (server: TestCertificate, clients: TestAuthority): ServerOptions => ({
  ...{ cert: server.cert, key: server.key, ca: [clients.cert] },
  ...{ requestCert: true, rejectUnauthorized: false },
});

/** One request on a connection of its own. */
export async function callByTls(
  port: number,
  authority: TestAuthority,
  path: string,
  { method = 'GET', headers = {}, form: fields, certificate, chain = [] }: TlsCall,
): Promise<TlsAnswer> {
  const body = fields === undefined ? '' : form(fields).toString();
  const sent = request({
    ...{ host: '127.0.0.1', port, path, agent: false, servername: SERVER_NAME },
    ...{ ca: [authority.cert], key: certificate?.key },
    cert: certificate && [certificate.cert, ...chain.map(({ cert }) => cert)].join('\n'),
    method: fields === undefined ? method : 'POST',
    headers: {
      ...(fields !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
      'content-length': Buffer.byteLength(body),
      ...headers,
    },
  });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [
    NodeJS.ReadableStream & { statusCode: number },
  ];
  const said = await text(answer);
  return {
    status: answer.statusCode,
    body: said.startsWith('{') ? (JSON.parse(said) as unknown) : said,
  };
}

/**
 * A proxy that ends TLS and tells of the client's certificates, as RFC 9440 says: what clients write is thrown away. Of
 * the chain it tells those that it knows, since Node does not hand over what a client sent of it.
 */
export async function startTlsProxy(
  options: ServerOptions,
  upstream: URL,
  known: readonly TestAuthority[] = [],
): Promise<Server> {
  const proxy = createServer(options, (incoming, outgoing) => {
    const { 'client-cert': _own, 'client-cert-chain': _chain, ...headers } = incoming.headers;
    const own = (incoming.socket as TLSSocket).getPeerX509Certificate();
    const chain = known.filter(({ certificate }) => own?.checkIssued(certificate.x509) === true);
    const passed = requestPlainly({
      ...{ host: upstream.hostname, port: upstream.port },
      ...{ method: incoming.method, path: incoming.url },
      headers: {
        ...headers,
        ...{ 'x-forwarded-for': '198.51.100.7', 'x-forwarded-proto': 'https' },
        ...(own !== undefined && { 'client-cert': `:${own.raw.toString('base64')}:` }),
        ...(chain.length > 0 && {
          'client-cert-chain': chain.map(({ certificate }) => certificate.header).join(', '),
        }),
      },
    });
    passed.once('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(passed);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return proxy;
}

export const portOf = (server: { address(): unknown }): number =>
  (server.address() as AddressInfo).port;
