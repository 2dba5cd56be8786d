import { Controller, Get, Param } from '@nestjs/common';
import {
  CallerContext,
  CurrentCaller,
  CurrentPolicy,
  ObjectPolicy,
  RequireUser,
  Scopes,
  UsePolicy,
  type BoundPolicy,
  type Caller,
} from '@sallyport/nest';
import { AdminModule } from '@sallyport/nest/admin';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { clientWithKey } from '../support/cast.js';
import { lastingStores } from '../support/production.js';

class OwnPolicy extends ObjectPolicy<string, string> {
  check = ({ client }: Caller, owner: string) => client.clientId === owner;
  where = ({ client }: Caller) => client.clientId;
}

@Controller()
class LegacyController {
  @Get('who') who(@CurrentCaller() caller: Caller | undefined) {
    const context = CallerContext.current()?.client.clientId ?? null;
    return { client: caller?.client.clientId ?? null, context };
  }
  @Get('scoped') @Scopes('a:read') scoped() {
    return 'scoped';
  }
  @Get('user') @RequireUser() user() {
    return 'user';
  }
  @Get('of/:owner') @UsePolicy(OwnPolicy) one(
    @Param('owner') owner: string,
    @CurrentPolicy() policy: BoundPolicy<string>,
  ) {
    return policy.check(owner);
  }
  @Get('list') @UsePolicy(OwnPolicy) list(@CurrentPolicy() policy: BoundPolicy<string, string>) {
    return policy.where();
  }
}

describeOnAdapters("enforce: 'report'", (start) => {
  let api: TestApi;
  beforeEach(async () => {
    api = await start({
      controllers: [LegacyController],
      providers: [OwnPolicy],
      imports: [AdminModule.forRoot()],
      options: { enforce: 'report' },
    });
  });

  it('lets strangers through, and logs once what would have been refused', async () => {
    expect(await api.get('/scoped')).toMatchObject({ status: 200, text: 'scoped' });
    expect(api.log).toHaveLength(1);
    expect(api.log[0]).toMatch(/would refuse LegacyController.scoped: ERR_CREDENTIAL_MISSING/);
  });

  it('lets a caller through without scope or user, and logs which leg would have denied', async () => {
    const key = await clientWithKey(api.app, 'shop', ['b:read']);
    expect((await api.get('/scoped', { 'X-API-Key': key })).status).toBe(200);
    expect((await api.get('/user', { 'X-API-Key': key })).status).toBe(200);
    expect(api.log).toEqual([
      expect.stringContaining('client shop may never a:read'),
      expect.stringContaining('ERR_USER_REQUIRED'),
    ]);
  });

  it('knows a good caller, and takes an unverified credential for nobody', async () => {
    const key = await clientWithKey(api.app, 'shop', ['a:read']);
    const who = async (text: string) => (await api.get('/who', { 'X-API-Key': text })).body;
    expect(await who(key)).toEqual({ client: 'shop', context: 'shop' });
    for (const bad of ['bad', `${key}x`, key.toUpperCase()]) {
      expect(await who(bad)).toEqual({ client: null, context: null });
    }
    const twice = [
      ['X-API-Key', key],
      ['X-API-Key', key],
    ] as const;
    expect(await api.get('/who', twice)).toMatchObject({ status: 200, body: { client: null } });
  });

  it('reports denied objects; a list has no filter for a stranger', async () => {
    const key = await clientWithKey(api.app, 'shop', ['a:read']);
    expect((await api.get('/of/shop', { 'X-API-Key': key })).text).toBe('shop');
    expect(api.log).toEqual([]);
    expect((await api.get('/of/other', { 'X-API-Key': key })).text).toBe('other');
    expect((await api.get('/of/other')).text).toBe('other');
    expect(api.log.join()).toMatch(/OwnPolicy denied client shop.*OwnPolicy denied a stranger/);
    expect((await api.get('/list', { 'X-API-Key': key })).text).toBe('shop');
    expect((await api.get('/list')).status).toBe(401);
  });

  it.each([
    ['GET', '/admin/api-keys?clientId=shop'],
    ['POST', '/admin/api-keys'],
    ['POST', '/admin/revocations'],
    ['PUT', '/admin/role-grants'],
  ])('does not open %s %s of our own', async (method, path) => {
    const key = await clientWithKey(api.app, 'shop', ['a:read']);
    const statusWith = async (headers: Record<string, string>) =>
      (await api.send(method, path, headers, method === 'GET' ? undefined : {})).status;
    expect(await statusWith({})).toBe(401);
    expect(await statusWith({ 'X-API-Key': 'bad' })).toBe(401);
    expect(await statusWith({ 'X-API-Key': key })).toBe(403);
  });

  it('reports spent limits and plain http too', async () => {
    const limited = await start({
      controllers: [LegacyController],
      providers: [OwnPolicy],
      imports: [AdminModule.forRoot()],
      options: {
        enforce: 'report',
        environment: 'production',
        trustedProxies: ['127.0.0.1'],
        throttling: { address: { limit: 1 }, client: { reads: { limit: 0, windowSeconds: 60 } } },
      },
      override: lastingStores,
    });
    const key = await clientWithKey(limited.app, 'shop', ['a:read']);
    const headers = { 'X-API-Key': key, 'X-Forwarded-For': '198.51.100.7' };
    for (let n = 0; n < 2; n++) expect((await limited.get('/scoped', headers)).status).toBe(200);
    expect(limited.log.join()).toMatch(/ERR_HTTPS_REQUIRED/);
    expect(limited.log.join()).toMatch(/client shop is over its limit/);
    expect(limited.log.join()).toMatch(/address 198.51.100.7 is over its limit/);
    const own = await limited.get('/admin/api-keys?clientId=shop', headers);
    expect(own.status).toBe(403);
    expect(own.body).toMatchObject({ type: 'urn:sallyport:problem:https-required' });
  });
});
