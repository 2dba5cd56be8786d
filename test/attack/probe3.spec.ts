import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import net from 'node:net';
import { ClientService, SecurityEvents, SessionService, ConsentService, GrantStore, AuthorizationCodeStore, UserTokenStore } from '@sallyport/nest';
import {
  Browser, authorizationRequest, form, grantRole, newVerifier, post, readQuestion, redeem, refresh, registerClient, send, startAuthorizationServer, TestUsers, ISSUER,
  type TestClient,
} from '../support/authorization-server.js';
import { seeder, type Instance } from '../support/instances.js';
import { rawRequest } from '../support/raw-request.js';

const out = (name: string, ...what: unknown[]) => process.stderr.write(`## ${name}: ${what.map((w) => typeof w === 'string' ? w : JSON.stringify(w)).join(' ')}\n`);
const lines: string[] = [];
describe.each(['express', 'fastify'] as const)('probe %s', (adapter) => {
  let server: Instance;
  let spa: TestClient, shop: TestClient, third: TestClient, native: TestClient;
  beforeAll(async () => {
    server = await startAuthorizationServer({ adapter });
    const push = (...x: unknown[]) => { lines.push(x.map((y) => y instanceof Error ? y.stack : String(y)).join(' ')); };
    Logger.overrideLogger({ log: push, error: push, warn: push, debug: push, verbose: push } as never);
    spa = await registerClient(server, 'spa', { type: 'public', postLogoutRedirectUris: ['https://shop.test/bye'] });
    shop = await registerClient(server, 'shop');
    third = await registerClient(server, 'third', { isThirdParty: true });
    native = await registerClient(server, 'native', { type: 'public', redirectUris: ['com.example.app:/cb', 'http://127.0.0.1/cb'] });
    await grantRole(server, 'alice'); await grantRole(server, 'bob');
  });
  afterAll(() => server.app.close());
  const authorizeUrl = (c: TestClient, more = {}) => `/oauth/authorize?${form({ ...authorizationRequest(c, newVerifier()), ...more })}`;
  it('tabs: two interactions, answers crossed', async () => {
    const b = new Browser(server);
    const one = (await b.open(authorizeUrl(spa))).headers.get('location')!;
    const two = (await b.open(authorizeUrl(shop))).headers.get('location')!;
    const q1 = readQuestion((await b.open(one)).text)!, q2 = readQuestion((await b.open(two)).text)!;
    const cross = await b.open(new URL(q1.action, ISSUER), { csrf: q2.csrf, username: 'alice', password: "alice's password" });
    out('crossed csrf', cross.status);
    const r1 = await b.open(new URL(q1.action, ISSUER), { csrf: q1.csrf, username: 'alice', password: "alice's password" });
    const r2 = await b.open(new URL(q2.action, ISSUER), { csrf: q2.csrf, username: 'bob', password: "bob's password" });
    const l1 = await b.open(r1.headers.get('location')!);
    out('tab1', l1.status, l1.headers.get('location')?.slice(0, 60));
    const l2 = await b.open(r2.headers.get('location')!);
    out('tab2 (bob over alice)', l2.status, l2.headers.get('location')?.slice(0, 60), l2.text.slice(0, 60), l2.headers.get('content-security-policy'));
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(l2.text)?.[1] ?? '';
    const l3 = await b.open('/oauth/logout/confirm', { xsrf, logout: 'yes' });
    out('switch', l3.status, l3.headers.get('location'));
    const l4 = await b.open(l3.headers.get('location')!);
    out('after switch', l4.status, l4.headers.get('location')?.slice(0, 60));
    const again = await b.open(r2.headers.get('location')!);
    out('resume twice', again.status);
    // other browser uses alice's interaction url
    const other = new Browser(server);
    out('foreign browser', (await other.open(one)).status);
  });
  it('consent page then password change then allow', async () => {
    const b = new Browser(server);
    const q0 = (await b.open(authorizeUrl(native))).headers.get('location')!;
    const q = readQuestion((await b.open(q0)).text)!;
    const r = await b.open(new URL(q.action, ISSUER), { csrf: q.csrf, username: 'alice', password: "alice's password" });
    const l = await b.open(r.headers.get('location')!);
    const c = readQuestion((await b.open(l.headers.get('location')!)).text)!;
    out('consent asked', c.asks);
    await server.get(SessionService).endAll({ issuer: ISSUER, subject: 'alice' }, seeder);
    const a = await b.open(new URL(c.action, ISSUER), { csrf: c.csrf, decision: 'allow' });
    out('allow after endAll', a.status, a.headers.get('location'));
    if (a.headers.get('location')) { const z = await b.open(a.headers.get('location')!); out('resume', z.status, z.headers.get('location')); }
  });
  it('allowed, then withdrawn, then resumed', async () => {
    const b = new Browser(server);
    const q0 = (await b.open(authorizeUrl(third))).headers.get('location')!;
    const q = readQuestion((await b.open(q0)).text)!;
    const r = await b.open(new URL(q.action, ISSUER), { csrf: q.csrf, username: 'alice', password: "alice's password" });
    const l = await b.open(r.headers.get('location')!);
    const c = readQuestion((await b.open(l.headers.get('location')!)).text)!;
    const a = await b.open(new URL(c.action, ISSUER), { csrf: c.csrf, decision: 'allow' });
    await server.get(ConsentService).withdraw({ issuer: ISSUER, subject: 'alice' }, 'third', seeder);
    const z = await b.open(a.headers.get('location')!); out('resume after withdraw', z.status, z.headers.get('location'));
    // post the same allow again
    const a2 = await b.open(new URL(c.action, ISSUER), { csrf: c.csrf, decision: 'allow' });
    out('allow again', a2.status, a2.headers.get('location'), (await server.get(ConsentService).find({ issuer: ISSUER, subject: 'alice' }, 'third')) === null);
  });
  it('paths', async () => {
    for (const [m, p] of [['POST', '/oauth/../probe'], ['POST', '/oauth/%2e%2e/probe'], ['POST', '//oauth/token'], ['POST', '/oauth//token'], ['POST', '/OAUTH/token'], ['POST', '/%6fauth/token'], ['POST', `http://evil.test/oauth/token`], ['POST', '/oauth/token/'], ['POST', '/oauth/token;x'], ['POST', '/oauth\\token'], ['GET', '/oauth/authorize/%0d%0aX: y'], ['GET', '/oauth/authorize/..%2ftoken'], ['GET', '/oauth/jwks?x=%'], ['HEAD', '/oauth/jwks'], ['POST', '/oauth/logout'], ['POST', '/oauth/authorize'], ['TRACE', '/oauth/token'], ['GET', '/oauth/authorize/../token']] as const) {
      const a = await rawRequest(server, m, p, [], m === 'POST' ? 'grant_type=client_credentials&client_id=spa' : '').catch((e) => ({ status: String(e), text: '', headers: {} }));
      out(`${m} ${JSON.stringify(p)}`, a.status, a.text.replace(/\s+/g, ' ').slice(0, 90));
    }
  });
  it('huge and parallel', async () => {
    const t0 = Date.now();
    const b = new Browser(server);
    const tokens = await b.login(spa);
    const all = await Promise.all(Array.from({ length: 200 }, () => refresh(server, spa, tokens.refresh_token)));
    const set = new Set(all.map((a) => a.body?.refresh_token ?? a.body?.error));
    out('200 parallel refresh', [...set].length, all.filter((a) => a.status === 200).length, Date.now() - t0);
  });
  it('logs', () => { for (const l of lines.splice(0)) out('LOG', l.slice(0, 300)); });
});
