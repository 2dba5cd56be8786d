import { ClientService, LoginSessionStore } from '@sallyport/nest';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { NestFactory } from '@nestjs/core';
import { jest } from '@jest/globals';
import {
  Browser, authorizationRequest, form, grantRole, newVerifier, post, redeem, refresh, registerClient, send, startAuthorizationServer, TestUsers, ISSUER,
  type TestClient,
} from '../support/authorization-server.js';
import { seeder, type Instance } from '../support/instances.js';

const out = (name: string, ...what: unknown[]) => process.stderr.write(`## ${name}: ${what.map((w) => typeof w === 'string' ? w : JSON.stringify(w)).join(' ')}\n`);
describe.each(['express', 'fastify'] as const)('probe %s', (adapter) => {
  let server: Instance;
  let spa: TestClient, shop: TestClient, gateway: TestClient;
  beforeAll(async () => {
    const create = NestFactory.create.bind(NestFactory);
    const spy = jest.spyOn(NestFactory, 'create').mockImplementation((async (...given: any[]) => {
      const app = await (create as any)(...given);
      app.enableCors({ origin: true, credentials: true });
      return app;
    }) as never);
    server = await startAuthorizationServer({ adapter, server: { resources: [{ identifier: 'https://opaque.test/', scope: ['invoices:read','invoices:write'], accessTokenFormat: 'opaque' }] } });
    spy.mockRestore();
    spa = await registerClient(server, 'spa', { type: 'public' });
    shop = await registerClient(server, 'shop');
    gateway = await registerClient(server, 'gateway', { resources: ['https://opaque.test/'] });
    await grantRole(server, 'alice');
  });
  afterAll(() => server.app.close());
  const cors = (a: { headers: Headers }) => [a.headers.get('access-control-allow-origin'), a.headers.get('access-control-allow-credentials')];
  const evil = { origin: 'https://evil.api.test' };
  it('cors', async () => {
    const b = new Browser(server);
    const a = await b.authorize(spa);
    const t = await redeem(server, spa, a, {}, evil);
    out('token', t.status, cors(t));
    const p = await send(server, `/oauth/authorize?${form({ ...authorizationRequest(spa, newVerifier()), prompt: 'none', response_mode: 'form_post' })}`, { headers: evil });
    out('authorize', p.status, cors(p), p.text.slice(0,80));
    const l = await send(server, `/oauth/logout`, { headers: evil });
    out('logout', l.status, cors(l));
    const d = await send(server, `/oauth/interaction/abc`, { headers: evil });
    out('interaction', d.status, cors(d));
    const j = await send(server, `/oauth/jwks`, { headers: evil });
    out('jwks', j.status, cors(j));
  });
  it('G', async () => {
    const t = await new Browser(server).login(shop, { resource: 'https://opaque.test/' });
    const j = await new Browser(server).login(shop);
    const svc = server.get(ClientService);
    await svc.update('shop', { scope: ['invoices:read'] }, seeder as never).catch((e) => out('G err', String(e)));
    await new Promise((r) => setTimeout(r, 600));
    out('G opaque', (await post(server, 'introspect', gateway, { token: t.access_token })).body?.scope ?? 'none');
    out('G jwt', (await post(server, 'introspect', shop, { token: j.access_token })).body?.scope ?? 'none');
    out('G refreshed', (await refresh(server, shop, t.refresh_token)).body?.scope);
  });
  it('E', async () => {
    const puts = jest.spyOn(server.get(LoginSessionStore as never) as any, 'put');
    for (let i = 0; i < 5; i += 1) await send(server, '/oauth/logout');
    out('E rows by logout of nobody', puts.mock.calls.length);
    puts.mockClear();
    for (let i = 0; i < 5; i += 1) await send(server, `/oauth/authorize?${form(authorizationRequest(spa, newVerifier()))}`);
    out('E rows by authorize of nobody', puts.mock.calls.length);
  });
});
