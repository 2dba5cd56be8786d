import { Controller, Get, Module, Post } from '@nestjs/common';
import {
  ApiKey,
  CurrentCaller,
  CurrentClient,
  RequireUser,
  Roles,
  Scopes,
  seconds,
  Throttle,
  type Caller,
  type ClientPrincipal,
} from '@sallyport/nest';
import { AuthorizationServerModule } from '@sallyport/nest/authorization-server';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { Browser, registerClient, TestUsers as Accounts } from '../support/authorization-server.js';
import { clientWithKey, grantRole, register } from '../support/cast.js';
import { Instance } from '../support/instances.js';
import { ownToken } from '../support/own-tokens.js';

@Controller('invoices')
class InvoicesController {
  @Get()
  @ApiKey()
  @Scopes('invoices:read')
  list(@CurrentClient() client: ClientPrincipal) {
    return { client: client.clientId };
  }

  @Post(':id/approve')
  @ApiKey()
  @RequireUser()
  @Scopes('invoices:approve')
  @Roles('admin')
  approve(@CurrentCaller() caller: Caller) {
    return { client: caller.client.clientId, user: caller.user?.subject };
  }

  @Get('search')
  @Scopes('invoices:read')
  @Throttle({ default: { limit: 30, ttl: seconds(60) } })
  search() {
    return [];
  }
}

@Module({ providers: [Accounts], exports: [Accounts] })
class AccountsModule {}

const roles = {
  viewer: ['invoices:read'],
  editor: ['viewer', 'invoices:write'],
  admin: ['editor', 'invoices:approve'],
};
const scope = ['invoices:read', 'invoices:write', 'invoices:approve'];

describeOnAdapters("The README's first page", (start) => {
  let api: TestApi;
  let key: string;
  const token = (user: string | undefined, granted = scope) =>
    ownToken(api.app, {
      clientId: 'backoffice',
      ...(user && { user }),
      scope: granted.join(' '),
    });
  const approve = async (headers: Record<string, string>) =>
    api.send('POST', '/invoices/7/approve', headers);

  beforeEach(async () => {
    api = await start({
      controllers: [InvoicesController],
      imports: [
        AuthorizationServerModule.forRoot({ userDirectory: Accounts, imports: [AccountsModule] }),
      ],
      options: { roles },
    });
    key = await clientWithKey(api.app, 'backoffice', scope);
    await grantRole(api.app, 'alice', 'backoffice', 'admin');
    await grantRole(api.app, 'bob', 'backoffice', 'viewer');
  });

  it('lets an app in by its key, and knows which app it is [C25]', async () => {
    expect((await api.get('/invoices')).status).toBe(401);
    const answer = await api.get('/invoices', { 'X-API-Key': key });
    expect(answer).toMatchObject({ status: 200, body: { client: 'backoffice' } });
    expect((await api.get('/invoices', { Authorization: `ApiKey ${key}` })).status).toBe(200);
  });

  it('does not take a token where it asks for the key', async () => {
    const answer = await api.get('/invoices', { Authorization: `Bearer ${await token('alice')}` });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('ApiKey');
  });

  it('lets both gates open only together: the app by its key and the user by a token [C1] [C32]', async () => {
    const asAlice = { Authorization: `Bearer ${await token('alice')}` };
    expect(await approve({ 'X-API-Key': key, ...asAlice })).toMatchObject({
      status: 201,
      body: { client: 'backoffice', user: 'alice' },
    });
    expect((await approve(asAlice)).status).toBe(401);
    expect((await approve({ 'X-API-Key': key })).status).toBe(403);
  });

  it('signs its users in at /oauth, and takes the token that comes of it', async () => {
    const server = new Instance(api.app, await api.app.getUrl());
    const desk = await registerClient(server, 'desk', { scope });
    await grantRole(api.app, 'alice', 'desk', 'viewer');
    const tokens = (await new Browser(server).login(desk)) as { readonly access_token: string };
    const asAlice = { Authorization: `Bearer ${tokens.access_token}` };
    expect((await api.get('/invoices/search', asAlice)).status).toBe(200);
    expect((await approve(asAlice)).status).toBe(401);
  });

  it('refuses the user without the role, or without the scope in the token [C32] [C97]', async () => {
    const bob = `Bearer ${await token('bob')}`;
    expect((await approve({ 'X-API-Key': key, Authorization: bob })).status).toBe(403);
    const narrow = `Bearer ${await token('alice', ['invoices:read'])}`;
    expect((await approve({ 'X-API-Key': key, Authorization: narrow })).status).toBe(403);
  });

  it('limits a route by @Throttle of @nestjs/throttler [C33]', async () => {
    await register(api.app, 'other', scope);
    const headers = { Authorization: `Bearer ${await token('alice')}` };
    const statuses: number[] = [];
    for (let n = 0; n < 31; n++) statuses.push((await api.get('/invoices/search', headers)).status);
    expect(statuses.slice(0, 30)).toEqual(Array(30).fill(200));
    expect(statuses[30]).toBe(429);
  });
});
