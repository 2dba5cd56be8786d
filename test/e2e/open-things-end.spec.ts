import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { adapters } from '../support/reference-api.js';
import {
  ApiKeyService,
  Authenticator,
  ClientService,
  RevocationService,
  UserStatusService,
  type SallyportError,
} from '@sallyport/nest';
import { CallerSignals } from '../../libs/sallyport/src/credentials/caller-signals.js';
import type { SignatureKey } from '../../libs/sallyport/src/signatures/signature-algorithms.js';
import {
  OWN_ISSUER,
  seedClients,
  seeder,
  startInstance,
  type Instance,
} from '../support/instances.js';
import { hmacKey, signed } from '../support/signed-requests.js';

interface Opening {
  readonly token?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const user = (subject: string) => ({ issuer: OWN_ISSUER, subject });

describe.each(adapters)('What is open on %s when its caller ends', (adapter) => {
  let instance: Instance;
  beforeAll(async () => {
    instance = await startInstance(adapter, { environment: 'development' });
    await seedClients(instance);
    const server = instance.app.getHttpServer() as Server;
    server.on('upgrade', (request: IncomingMessage, socket: Duplex) => void open(request, socket));
  });
  afterAll(async () => {
    (instance.app.getHttpServer() as Server).closeAllConnections();
    await instance.app.close();
  });

  /** A socket of the host's, let in by the authenticator. */
  async function open(request: IncomingMessage, socket: Duplex): Promise<void> {
    const { signal } = await instance.app.get(Authenticator).authenticate(request);
    signal.addEventListener('abort', () => socket.destroy());
    socket.on('end', () => socket.destroy()).resume();
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n',
    );
  }

  const headersOf = (credentials: Opening) => ({
    ...credentials.headers,
    ...(credentials.token !== undefined && { authorization: `Bearer ${credentials.token}` }),
    ...(credentials.key !== undefined && { 'x-api-key': credentials.key }),
  });

  /** The stream as text, once it has ended. */
  const stream = async (credentials: Opening, path = '/probe/stream') => {
    const asked = httpRequest(`${instance.url}${path}`, {
      headers: headersOf(credentials),
    });
    asked.end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    let text = '';
    response.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await once(response, 'data');
    const ended = once(response, 'end').then(() => text);
    return { status: response.statusCode, ended };
  };

  const upgrade = async (token: string): Promise<Socket> => {
    const { hostname, port } = new URL(instance.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET /probe HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: test\r\n` +
        `Authorization: Bearer ${token}\r\n\r\n`,
    );
    const [head] = (await once(socket, 'data')) as [Buffer];
    expect(head.toString()).toContain('101');
    return socket;
  };

  const tokenOf = (sub: string, claims = {}) =>
    instance.token({ sub, client_id: 'mobile', ...claims });

  it('a stream and a socket of a revoked token are told, those of another are not [N2]', async () => {
    const [token, other] = [await tokenOf('anna', { jti: 'a1' }), await tokenOf('anna')];
    const streaming = await stream({ token });
    const socket = await upgrade(token);
    const staying = await upgrade(other);
    const closed = once(socket, 'close');
    expect(streaming.status).toBe(200);
    await instance
      .get(RevocationService)
      .revoke({ kind: 'token', issuer: OWN_ISSUER, jti: 'a1' }, seeder);
    expect(await streaming.ended).toBe('open ERR_CREDENTIAL_REVOKED');
    await closed;
    expect(staying.destroyed).toBe(false);
    staying.destroy();
  });

  it('a suspension ends it', async () => {
    const streaming = await stream({ token: await tokenOf('bert') });
    await instance.get(UserStatusService).suspend(user('bert'), seeder);
    expect(await streaming.ended).toMatch(/ERR_(CREDENTIAL_REVOKED|USER_SUSPENDED)/);
  });

  it('a client that is disabled, or may do less, ends it', async () => {
    const clients = instance.get(ClientService);
    for (const end of [
      (clientId: string) => clients.update(clientId, { scope: ['invoices:read'] }, seeder),
      (clientId: string) => clients.disable(clientId, seeder),
    ]) {
      const clientId = `c${crypto.randomUUID().slice(0, 8)}`;
      const scope = ['invoices:read', 'invoices:write'];
      await clients.register({ clientId, name: 'c', type: 'confidential', scope }, seeder);
      const streaming = await stream({
        token: await instance.token({ sub: 'cleo', client_id: clientId, roles: ['editor'] }),
      });
      await clients.update(clientId, { name: 'still as much' }, seeder);
      await end(clientId);
      expect(await streaming.ended).toMatch(/ERR_(CREDENTIAL_STALE|CLIENT_DISABLED)/);
    }
  });

  it.each([
    ['revoked', (keys: ApiKeyService, id: string) => keys.revoke(id, seeder)],
    [
      'narrowed',
      (keys: ApiKeyService, id: string) => keys.update(id, { scope: ['invoices:write'] }, seeder),
    ],
    [
      'kept to other addresses',
      (keys: ApiKeyService, id: string) =>
        keys.update(id, { addressRanges: ['192.0.2.0/24'] }, seeder),
    ],
    [
      'kept to signatures',
      (keys: ApiKeyService, id: string) => keys.update(id, { signedOnly: true }, seeder),
    ],
    [
      'given an end',
      (keys: ApiKeyService, id: string) =>
        keys.update(id, { expiresAt: new Date(Date.now() + 300) }, seeder),
    ],
  ])('an API key that is %s ends it', async (_, end) => {
    const keys = instance.get(ApiKeyService);
    const scope = ['invoices:read', 'invoices:write'];
    const fields = { clientId: 'shop', name: 'k', scope, signing: true };
    const { apiKey, plaintext } = await keys.issue(fields, seeder);
    const streaming = await stream({ key: plaintext });
    await keys.update(apiKey.id, { name: 'still as much' }, seeder);
    await end(keys, apiKey.id);
    expect(await streaming.ended).toMatch(/^open ERR_CREDENTIAL_/);
  });

  const signedStream = (key: SignatureKey, keyid: string) => {
    const target = '/probe/signed/stream';
    const { headers } = signed(key, keyid, { method: 'GET', target });
    return stream({ headers: Object.fromEntries(headers) }, target);
  };

  it('an API key that signs keeps it when nothing else is taken from it any more, and ends it when revoked', async () => {
    const keys = instance.get(ApiKeyService);
    const fields = { clientId: 'shop', name: 'k', scope: ['invoices:read'], signing: true };
    const { apiKey, signingSecret } = await keys.issue(fields, seeder);
    const streaming = await signedStream(hmacKey(signingSecret), apiKey.id);
    await keys.update(apiKey.id, { signedOnly: true }, seeder);
    const ended = streaming.ended.then(() => 'ended');
    expect(await Promise.race([ended, sleep(300, 'open')])).toBe('open');
    await keys.revoke(apiKey.id, seeder);
    expect(await streaming.ended).toBe('open ERR_CREDENTIAL_REVOKED');
  });

  it('a key that its client takes back, or replaces under the same name, ends it', async () => {
    const clients = instance.get(ClientService);
    const [mine, next] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
    const jwksOf = (...pairs: readonly (typeof mine)[]) => ({
      keys: pairs.map(({ publicKey }, at) => ({
        ...publicKey.export({ format: 'jwk' }),
        kid: `k${at}`,
      })),
    });
    for (const after of [null, jwksOf(next)]) {
      const clientId = `c${crypto.randomUUID().slice(0, 8)}`;
      const fields = { name: 'c', type: 'confidential', scope: ['invoices:read'] } as const;
      await clients.register({ clientId, ...fields, jwks: jwksOf(mine) }, seeder);
      const key: SignatureKey = { algorithm: 'ed25519', key: mine.privateKey };
      const streaming = await signedStream(key, `${clientId}/k0`);
      await clients.update(clientId, { jwks: jwksOf(mine, next) }, seeder);
      const ended = streaming.ended.then(() => 'ended');
      expect(await Promise.race([ended, sleep(300, 'open')])).toBe('open');
      await clients.update(clientId, { jwks: after }, seeder);
      expect(await streaming.ended).toBe('open ERR_CREDENTIAL_REVOKED');
    }
  });

  it('a client whose tokens must be bound from now on ends what an unbound one opened', async () => {
    const clientId = `c${crypto.randomUUID().slice(0, 8)}`;
    const fields = { name: 'c', type: 'confidential', scope: ['invoices:read'] } as const;
    const clients = instance.get(ClientService);
    await clients.register({ clientId, ...fields }, seeder);
    const streaming = await stream({
      token: await instance.token({ sub: 'emil', client_id: clientId }),
    });
    await clients.update(clientId, { dpopBoundAccessTokens: true }, seeder);
    expect(await streaming.ended).toMatch(/ERR_(SENDER_CONSTRAINT_REQUIRED|CREDENTIAL_STALE)/);
  });

  it('an API key that is good from more addresses than before does not end it', async () => {
    const keys = instance.get(ApiKeyService);
    const fields = { clientId: 'shop', name: 'k', scope: ['invoices:read'] };
    const { apiKey, plaintext } = await keys.issue(
      { ...fields, addressRanges: ['127.0.0.0/8', '::1/128'] },
      seeder,
    );
    const streaming = await stream({ key: plaintext });
    const addressRanges = ['::1/128', '192.0.2.0/24', '127.0.0.0/8'];
    await keys.update(apiKey.id, { addressRanges }, seeder);
    await keys.update(apiKey.id, { addressRanges: [] }, seeder);
    const ended = streaming.ended.then(() => 'ended');
    expect(await Promise.race([ended, sleep(300, 'open')])).toBe('open');
    await keys.revoke(apiKey.id, seeder);
    await ended;
  });

  it('a client some of whose builds are turned away ends it', async () => {
    const clientId = `c${crypto.randomUUID().slice(0, 8)}`;
    const scope = ['invoices:read'];
    const clients = instance.get(ClientService);
    await clients.register({ clientId, name: 'c', type: 'confidential', scope }, seeder);
    const { plaintext } = await instance
      .get(ApiKeyService)
      .issue({ clientId, name: 'k', scope }, seeder);
    const streaming = await stream({ key: plaintext });
    const userAgent = { product: 'ShopApp', refusedVersions: ['2.4.1'] };
    await clients.update(clientId, { userAgent }, seeder);
    expect(await streaming.ended).toMatch(/ERR_CREDENTIAL_STALE/);
  });

  it('the end of its token ends it', async () => {
    // Thirty seconds of skew are granted, of which all but three are over.
    const now = Math.floor(Date.now() / 1000);
    const token = await tokenOf('dora', { iat: now - 60, exp: now - 27 });
    const streaming = await stream({ token });
    expect(await streaming.ended).toBe('open ERR_CREDENTIAL_EXPIRED');
  });

  it('nothing is kept for callers whose signal nobody asked for', async () => {
    const signals = instance.app.get(CallerSignals);
    const before = signals.size;
    for (let n = 0; n < 5; n++) {
      expect(await instance.probe({ token: await tokenOf(`user ${n}`) })).toBe(200);
    }
    expect(signals.size).toBe(before);
  });
});

describe.each(adapters)('A socket on %s whose sender has used up its failures', (adapter) => {
  let instance: Instance;
  beforeAll(async () => {
    const failures = { limit: 3, windowSeconds: 600 };
    instance = await startInstance(adapter, {
      environment: 'development',
      throttling: { failures },
    });
    await seedClients(instance);
    const server = instance.app.getHttpServer() as Server;
    server.on(
      'upgrade',
      (request: IncomingMessage, socket: Duplex) => void answer(request, socket),
    );
  });
  afterAll(() => instance.app.close());

  async function answer(request: IncomingMessage, socket: Duplex): Promise<void> {
    const text = await Promise.resolve()
      .then(() => instance.app.get(Authenticator).authenticate(request))
      .then(
        () => 'let in',
        (error: unknown) => (error as SallyportError).code,
      );
    socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${text}`);
  }

  const shakeHands = async (token: string): Promise<string> => {
    const { hostname, port } = new URL(instance.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET /probe HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: test\r\n` +
        `Authorization: Bearer ${token}\r\n\r\n`,
    );
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    return text.split('\r\n\r\n')[1] ?? '';
  };

  it('is refused before anything is verified, as its requests are [C33]', async () => {
    const good = await instance.token({ sub: 'alice', client_id: 'mobile' });
    expect(await shakeHands(good)).toBe('let in');
    for (let guess = 0; guess < 3; guess++) expect(await shakeHands('a.b.c')).not.toBe('let in');
    expect(await shakeHands(good)).toBe('ERR_RATE_LIMITED');
    const headers = { authorization: `Bearer ${good}` };
    expect((await fetch(`${instance.url}/probe`, { headers })).status).toBe(429);
  });
});
