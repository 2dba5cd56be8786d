import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ClientService } from '@sallyport/nest';
import net from 'node:net';
import {
  Browser, authorizationRequest, form, grantRole, newVerifier, post, redeem, refresh, registerClient, send, startAuthorizationServer, TestUsers, ISSUER,
  type TestClient,
} from '../support/authorization-server.js';
import type { Instance } from '../support/instances.js';
import { secondsLater } from '../support/time-travel.js';
import { seeder } from '../support/instances.js';

const out = (name: string, ...what: unknown[]) => process.stderr.write(`## ${name}: ${what.map((w) => typeof w === 'string' ? w : JSON.stringify(w)).join(' ')}\n`);
const RS = 'https://other.test/api';
const lines: string[] = [];
describe('probe', () => {
  let server: Instance;
  let shop: TestClient, third: TestClient, spa: TestClient, strict: TestClient, gateway: TestClient;
  beforeAll(async () => {
    server = await startAuthorizationServer({ server: { resources: [{ identifier: RS, scope: ['invoices:read'] }, { identifier: 'https://opaque.test/', scope: ['invoices:read','invoices:write'], accessTokenFormat: 'opaque' }] } });
    const push = (...x: unknown[]) => { lines.push(x.map(String).join(' ')); };
    Logger.overrideLogger({ log: push, error: push, warn: push, debug: push, verbose: push } as never);
    shop = await registerClient(server, 'shop');
    third = await registerClient(server, 'third', { isThirdParty: true });
    spa = await registerClient(server, 'spa', { type: 'public' });
    strict = await registerClient(server, 'strict', { type: 'public', refreshGrace: false });
    gateway = await registerClient(server, 'gateway', { resources: ['https://opaque.test/'] });
    await grantRole(server, 'alice');
  });
  afterAll(() => server.app.close());

  it('A code replay after expiry', async () => {
    const a = await new Browser(server).authorize(shop);
    const t = (await redeem(server, shop, a)).body;
    await secondsLater(65, async () => {
      const again = await redeem(server, shop, a);
      out('A replay', again.status, again.text);
      out('A token after', await server.probe({ token: t.access_token }), (await refresh(server, shop, t.refresh_token)).status);
    });
  });
  it('A2 old refresh reuse after its idle expiry', async () => {
    const first = await new Browser(server).login(shop);
    let last: any;
    await secondsLater(86400 * 10, async () => { last = (await refresh(server, shop, first.refresh_token)).body; });
    await secondsLater(86400 * 15, async () => {
      const again = await refresh(server, shop, first.refresh_token);
      out('A2 reuse', again.status, again.text);
      out('A2 head after', (await refresh(server, shop, last.refresh_token)).status);
    });
  });
  it('C NUL', async () => {
    for (const more of [{ nonce: 'a\0b', scope: 'openid' }, { state: 'a\0b' }, { login_hint: 'a\0b' }, { acr_values: 'a\0b', scope: 'openid' }, {ui_locales: 'a\0'}, { nonce: 'x'.repeat(9000), scope: 'openid' }]) {
      try {
        const url = await new Browser(server).visit({ ...authorizationRequest(shop, newVerifier()), ...more });
        out('C', more, url.search.slice(0, 300));
      } catch (e) { out('C', more, String(e).slice(0, 300)); }
    }
  });
  it('D gone user', async () => {
    const b = new Browser(server);
    await b.login(shop);
    const spy = jest.spyOn(TestUsers.prototype, 'findBySub').mockResolvedValue(null);
    const a = await b.open(`/oauth/authorize?${form(authorizationRequest(shop, newVerifier())).toString()}`);
    out('D', a.status, a.headers.get('location') ?? a.text.slice(-300));
    spy.mockRestore();
  });
  it('F consent by resource', async () => {
    const b = new Browser(server);
    await b.login(third, { scope: 'invoices:read' });
    const a = await b.open(`/oauth/authorize?${form({ ...authorizationRequest(third, newVerifier()), scope: 'invoices:read', resource: RS, prompt: 'none' }).toString()}`);
    out('F', a.status, a.headers.get('location') ?? a.text.slice(-300));
  });
  it('G introspection after narrowing', async () => {
    const t = await new Browser(server).login(shop, { resource: 'https://opaque.test/' });
    out('G before', (await post(server, 'introspect', gateway, { token: t.access_token })).text);
    const svc = server.get(ClientService);
    const c = await svc.get('shop');
    await svc.update('shop', { scope: ['invoices:read'] }, c!.version as never, seeder as never).catch((e) => out('G err', String(e)));
    out('G after', (await post(server, 'introspect', gateway, { token: t.access_token })).text);
    const c2 = await svc.get('shop');
    await svc.update('shop', { scope: ['invoices:read', 'invoices:write'] }, c2!.version as never, seeder as never).catch((e) => out('G err', String(e)));
  });
  it('H slow body hides reuse from a strict client', async () => {
    const first = await new Browser(server).login(strict);
    const body = form({ grant_type: 'refresh_token', client_id: 'strict', refresh_token: first.refresh_token }).toString();
    const { hostname, port } = new URL(server.url);
    const socket = net.connect(Number(port), hostname);
    let answer = '';
    socket.on('data', (d) => (answer += String(d)));
    socket.write(`POST /oauth/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n`);
    await new Promise((r) => setTimeout(r, 300));
    const second = (await refresh(server, strict, first.refresh_token)).body;
    await new Promise((r) => setTimeout(r, 300));
    socket.end(body);
    await new Promise((r) => socket.once('close', r));
    out('H', answer.split('\r\n')[0]!, answer.slice(-120));
    out('H head', (await refresh(server, strict, second.refresh_token)).status);
  });
  it('I suspended mid', async () => {
    for (const l of lines) out('LOG', l.slice(0, 600));
  });
});
