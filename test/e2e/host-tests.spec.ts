import { Controller, Get, UseGuards } from '@nestjs/common';
import {
  AddressLimitGuard,
  ApiKey,
  ApiKeyService,
  AuthenticationGuard,
  Authenticator,
  AuthorizationGuard,
  ClientQuotaGuard,
  CurrentCaller,
  RequireUser,
  Roles,
  Scopes,
  TransportGuard,
  UsageService,
  type Caller,
} from '@sallyport/nest';
import { actingAs } from '@sallyport/nest/testing';
import { AccessTokenVerifier } from '../../libs/sallyport/src/credentials/bearer/access-token.verifier.js';
import { describeOnAdapters } from '../support/adapters.js';
import { issueKey, register } from '../support/cast.js';
import { ownToken } from '../support/own-tokens.js';

const guards = [
  TransportGuard,
  AddressLimitGuard,
  AuthenticationGuard,
  AuthorizationGuard,
  ClientQuotaGuard,
];

@Controller()
class InvoicesController {
  @Get('invoices') @Scopes('invoices:read') list(@CurrentCaller() caller: Caller | undefined) {
    return { client: caller?.client.clientId, user: caller?.user?.subject };
  }
  @Get('approve') @ApiKey() @RequireUser() @Roles('admin') approve() {
    return 'approved';
  }
  @Get('twice') @UseGuards(...guards) twice() {
    return 'once';
  }
}

const controllers = [InvoicesController];

describeOnAdapters("Tests of the host's own", (start) => {
  it('act as any caller, and the rest of the pipeline runs as it is [W11]', async () => {
    const acting = actingAs({ client: 'mobile', user: 'alice', scope: ['invoices:read'] });
    const api = await start({
      controllers,
      override: (builder) => builder.overrideProvider(Authenticator).useValue(acting),
    });
    expect((await api.get('/invoices')).body).toEqual({ client: 'mobile', user: 'alice' });
    expect((await api.get('/approve')).status).toBe(403);
    acting.become({ client: 'backoffice', user: 'alice', roles: ['admin'] });
    expect((await api.get('/approve')).status).toBe(200);
    expect((await api.get('/invoices')).status).toBe(403);
    acting.become({ client: 'job', scope: ['invoices:read'] });
    expect((await api.get('/approve')).status).toBe(403);
    expect((await api.get('/invoices')).body).toEqual({ client: 'job' });
  });

  it('replace a guard by one of their own [W11]', async () => {
    const everybody = { canActivate: () => true };
    const api = await start({
      controllers,
      override: (builder) =>
        builder
          .overrideProvider(AuthenticationGuard)
          .useValue(everybody)
          .overrideProvider(AuthorizationGuard)
          .useValue(everybody),
    });
    expect((await api.get('/invoices')).status).toBe(200);
  });
});

describeOnAdapters('A guard that is bound twice', (start) => {
  it('neither verifies nor counts twice [T10]', async () => {
    let verified = 0;
    const api = await start({ controllers });
    const verifier = api.app.get(AccessTokenVerifier);
    const recall = verifier.recall.bind(verifier);
    verifier.recall = (text) => {
      verified += 1;
      return recall(text);
    };
    await register(api.app, 'shop', ['invoices:read']);
    const { apiKey, plaintext } = await issueKey(api.app, 'shop');
    const token = await ownToken(api.app, { clientId: 'shop' });
    const headers = { 'X-API-Key': plaintext, Authorization: `Bearer ${token}` };

    const answer = await api.get('/twice', headers);
    expect(answer).toMatchObject({ status: 200, text: 'once' });
    expect(answer.headers.ratelimit).toBe('"client";r=599;t=1');
    expect(verified).toBe(1);
    await api.app.get(UsageService).flush();
    expect(await api.app.get(ApiKeyService).get(apiKey.id)).toMatchObject({ useCount: 1 });
  });

  it('verifies every request anew', async () => {
    const api = await start({ controllers });
    await register(api.app, 'shop', ['invoices:read']);
    const { apiKey, plaintext } = await issueKey(api.app, 'shop');
    const statusOf = async () => (await api.get('/twice', { 'X-API-Key': plaintext })).status;
    expect([await statusOf(), await statusOf()]).toEqual([200, 200]);
    await api.app.get(ApiKeyService).revoke(apiKey.id, { actor: 'test' });
    expect(await statusOf()).toBe(401);
  });
});
