import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { LookupAddress } from 'node:dns';
import type { AddressInfo } from 'node:net';
import { OutboundHttp } from './outbound-http.js';
import { inTime } from '../../../../test/support/stopwatch.js';

const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const json =
  (body: string, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body);

const resolvingTo =
  (...addresses: string[]) =>
  (): Promise<LookupAddress[]> =>
    Promise.resolve(
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

const local = new OutboundHttp({ allowLoopback: true });
const fetchFrom = async (listener: RequestListener): Promise<unknown> =>
  local.getJson(`http://127.0.0.1:${String(await serve(listener))}/jwks`);

describe('OutboundHttp', () => {
  afterAll(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it.each(['application/json', 'application/jwk-set+json; charset=utf-8', 'Application/JSON'])(
    'reads %s',
    async (type) => {
      expect(await fetchFrom(json('{"keys":[]}', { 'content-type': type }))).toEqual({ keys: [] });
    },
  );

  it.each([
    'http://issuer.test/jwks',
    'ftp://issuer.test/jwks',
    'file:///etc/passwd',
    'data:application/json,{}',
    'https://user:secret@issuer.test/jwks',
    'jwks',
  ])('does not ask %s', async (url) => {
    const http = new OutboundHttp({ lookup: resolvingTo('8.8.8.8') });
    await expect(http.getJson(url)).rejects.toThrow(TypeError);
  });

  it('does not repeat the credentials of a URL in its error', async () => {
    const error: unknown = await local.getJson('https://user:secret@issuer.test/').catch(String);
    expect(error).not.toContain('secret');
  });

  it.each([
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://169.254.169.254/latest/meta-data',
    'https://10.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://[::ffff:127.0.0.1]/',
    'https://[64:ff9b::7f00:1]/',
  ])('does not connect to %s', async (url) => {
    await expect(new OutboundHttp().getJson(url)).rejects.toThrow('public addresses');
  });

  it.each([[['10.0.0.1']], [['8.8.8.8', '10.0.0.1']], [['::1']], [['fd00::1']], [[]]])(
    'does not connect to a host that resolves to %j',
    async (addresses) => {
      const http = new OutboundHttp({ lookup: resolvingTo(...addresses) });
      await expect(http.getJson('https://issuer.test/')).rejects.toThrow('public addresses');
    },
  );

  it('allows loopback for development, and still nothing private, nor plain http elsewhere', async () => {
    const http = (address: string) =>
      new OutboundHttp({ allowLoopback: true, lookup: resolvingTo(address) });
    await expect(http('10.0.0.1').getJson('http://issuer.test/')).rejects.toThrow('public');
    await expect(http('10.0.0.1').getJson('https://issuer.test/')).rejects.toThrow('public');
    await expect(http('8.8.8.8').getJson('http://issuer.test/')).rejects.toThrow('public');
  });

  it('connects to the address it checked: the name is looked up once', async () => {
    const hosts: unknown[] = [];
    const port = await serve((request, response) => {
      hosts.push(request.headers.host);
      json('{}')(request, response);
    });
    let lookups = 0;
    const http = new OutboundHttp({
      allowLoopback: true,
      lookup: () => {
        lookups += 1;
        return resolvingTo(lookups === 1 ? '127.0.0.1' : '10.0.0.1')();
      },
    });
    await http.getJson(`http://issuer.test:${String(port)}/`);
    expect(lookups).toBe(1);
    expect(hosts).toEqual([`issuer.test:${String(port)}`]);
  });

  it('names the host to the TLS server, so that its certificate is checked against that name', async () => {
    const names: string[] = [];
    const server = createTlsServer({
      SNICallback: (name, done) => {
        names.push(name);
        done(new Error('no certificate'));
      },
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const http = new OutboundHttp({ allowLoopback: true, lookup: resolvingTo('127.0.0.1') });
    await expect(http.getJson(`https://issuer.test:${String(port)}/`)).rejects.toThrow();
    expect(names).toEqual(['issuer.test']);
  });

  it.each([301, 302, 303, 307, 308])('follows no redirect (%i)', async (status) => {
    let asked = 0;
    const target = await serve((request, response) => {
      asked += 1;
      json('{}')(request, response);
    });
    const redirect: RequestListener = (_request, response) =>
      response.writeHead(status, { location: `http://127.0.0.1:${String(target)}/` }).end();
    await expect(fetchFrom(redirect)).rejects.toThrow(String(status));
    expect(asked).toBe(0);
  });

  it.each([
    ['HTML', json('<html>', { 'content-type': 'text/html' })],
    ['no type', (_request, response) => response.writeHead(200).end('{}')],
    ['a type that only begins like JSON', json('{}', { 'content-type': 'application/jsonp' })],
    ['something compressed', json('{}', { 'content-encoding': 'gzip' })],
    ['broken JSON', json('{')],
    ['64 kB and a byte', json(`"${'x'.repeat(65_535)}"`)],
    ['an announcement of much', json('{}', { 'content-length': '999999999' })],
    ['an error', (_request, response) => response.writeHead(500).end('{}')],
    ['a hang-up', (_request, response) => response.destroy()],
  ] as [string, RequestListener][])('refuses %s', async (_what, listener) => {
    await expect(fetchFrom(listener)).rejects.toThrow();
  });

  it('gives up after 2 seconds in all, wherever they are spent', async () => {
    const silent: RequestListener = () => undefined;
    const dripping: RequestListener = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), 100);
      response.on('close', () => {
        clearInterval(drip);
      });
    };
    const lost = new OutboundHttp({ lookup: () => new Promise(() => undefined) });
    const outcomes = await inTime(3000, () =>
      Promise.allSettled([
        fetchFrom(silent),
        fetchFrom(dripping),
        lost.getJson('https://issuer.test/'),
      ]),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });
});
