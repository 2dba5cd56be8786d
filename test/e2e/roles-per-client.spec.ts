import { Controller, Get, Post } from '@nestjs/common';
import { CurrentCaller, RoleGrantService, Roles, Scopes, type Caller } from '@sallyport/nest';
import { describeOnAdapters, OWN_ISSUER, type TestApi } from '../support/adapters.js';
import { BY, clientWithKey, grantRole, issueKey, register } from '../support/cast.js';
import { ownToken } from '../support/own-tokens.js';

@Controller()
class InvoicesController {
  @Get('invoices') @Scopes('invoices:read') list(@CurrentCaller() caller: Caller) {
    return { roles: [...caller.roles], scope: [...caller.scope] };
  }
  @Post('invoices') @Scopes('invoices:write') @Roles('editor', { whenUser: true }) create() {
    return 'created';
  }
  @Post('approve') @Scopes('invoices:approve') approve() {
    return 'approved';
  }
  @Get('audit') @Roles('auditor', 'admin') audit() {
    return 'audit';
  }
}

const roles = {
  viewer: ['invoices:read'],
  editor: ['viewer', 'invoices:write'],
  admin: ['editor', 'invoices:approve'],
  auditor: [],
};
const all = ['invoices:read', 'invoices:write', 'invoices:approve'];

describeOnAdapters('Roles of a user in each client', (start) => {
  let api: TestApi;
  const as = async (user: string, clientId: string, claims: object = {}) => {
    const token = await ownToken(api.app, { clientId, user, scope: all.join(' '), ...claims });
    return { Authorization: `Bearer ${token}` };
  };
  const approve = async (user: string, clientId: string) =>
    (await api.send('POST', '/approve', await as(user, clientId))).status;

  beforeEach(async () => {
    api = await start({ controllers: [InvoicesController], options: { roles } });
    await register(api.app, 'backoffice', all);
    await register(api.app, 'mobile', all);
    await grantRole(api.app, 'alice', 'backoffice', 'admin');
    await grantRole(api.app, 'alice', 'mobile', 'viewer');
  });

  it('the same person is admin in one app and viewer in another [C50]', async () => {
    expect(await approve('alice', 'backoffice')).toBe(200 + 1);
    expect(await approve('alice', 'mobile')).toBe(403);
    expect(api.log.join()).toContain('roles: roles of the user in mobile (viewer)');
    const { body } = await api.get('/invoices', await as('alice', 'mobile'));
    expect(body).toEqual({ roles: ['viewer'], scope: ['invoices:read'] });
  });

  it('a role gives what the roles below it give, and counts for them [C32]', async () => {
    const { body } = await api.get('/invoices', await as('alice', 'backoffice'));
    expect(body).toEqual({ roles: ['admin', 'editor', 'viewer'], scope: all });
    const created = await api.send('POST', '/invoices', await as('alice', 'backoffice'));
    expect(created.status).toBe(201);
  });

  it('a role in any client counts in every client', async () => {
    await grantRole(api.app, 'bob', null, 'editor');
    for (const client of ['backoffice', 'mobile']) {
      expect((await api.send('POST', '/invoices', await as('bob', client))).status).toBe(201);
    }
  });

  it('a user without a role may nothing, though client and token may all [C97]', async () => {
    expect((await api.get('/invoices', await as('nobody', 'backoffice'))).status).toBe(403);
    expect((await api.get('/audit', await as('nobody', 'backoffice'))).status).toBe(403);
  });

  it('a role gives no more than the client may [C39]', async () => {
    await register(api.app, 'kiosk', ['invoices:read']);
    await grantRole(api.app, 'alice', 'kiosk', 'admin');
    expect(await approve('alice', 'kiosk')).toBe(403);
    expect((await api.get('/invoices', await as('alice', 'kiosk'))).status).toBe(200);
  });

  it('an app alone passes a role that is demanded of users only, and no other', async () => {
    const key = await clientWithKey(api.app, 'job', all);
    expect((await api.send('POST', '/invoices', { 'X-API-Key': key })).status).toBe(201);
    expect((await api.get('/audit', { 'X-API-Key': key })).status).toBe(403);
    const viewer = await as('alice', 'mobile');
    expect((await api.send('POST', '/invoices', viewer)).status).toBe(403);
  });

  it('a personal key has the roles of its user in the client of the key', async () => {
    const user = { issuer: OWN_ISSUER, subject: 'alice' };
    const keyIn = async (client: string) => (await issueKey(api.app, client, { user })).plaintext;
    const approved = async (client: string) =>
      (await api.send('POST', '/approve', { 'X-API-Key': await keyIn(client) })).status;
    expect(await approved('backoffice')).toBe(201);
    expect(await approved('mobile')).toBe(403);
  });

  it('withdrawing a role makes older tokens stale at once, and narrows the next one', async () => {
    const before = await as('alice', 'backoffice');
    const elsewhere = await as('alice', 'mobile');
    const user = { issuer: OWN_ISSUER, subject: 'alice' };
    const grants = api.app.get(RoleGrantService);
    await grants.withdraw({ user, clientId: 'backoffice', role: 'admin' }, BY);
    expect((await api.send('POST', '/approve', before)).status).toBe(401);
    expect(api.log.join()).toContain('ERR_CREDENTIAL_STALE');
    expect(await approve('alice', 'backoffice')).toBe(403);
    expect((await api.get('/invoices', elsewhere)).status).toBe(200);
  });
});
