import { Controller, Get } from '@nestjs/common';
import { CurrentCaller, RoleGrantService, Scopes, type Caller } from '@sallyport/nest';
import { AUDIENCE, describeOnAdapters, OWN_ISSUER, type TestApi } from '../support/adapters.js';
import { BY, clientWithKey, grantRole, register } from '../support/cast.js';
import { ownToken } from '../support/own-tokens.js';
import { createTestIssuer } from '../support/tokens.js';

@Controller()
class InvoicesController {
  @Get('invoices') @Scopes('invoices:read') list(@CurrentCaller() { user, roles }: Caller) {
    return { user, roles: [...roles] };
  }
}

const scope = 'invoices:read';

describeOnAdapters("Tokens of another company's issuer", (start) => {
  const partner = createTestIssuer({ issuer: 'https://partner.test' }, () => new Date());
  const foreign = (claims: object = {}) => ({
    Authorization: `Bearer ${partner.accessToken({
      aud: AUDIENCE,
      client_id: 'partner-app',
      scope,
      ...claims,
    })}`,
  });
  let api: TestApi;

  beforeEach(async () => {
    api = await start({
      controllers: [InvoicesController],
      options: {
        roles: { viewer: [scope] },
        trustedIssuers: [
          {
            issuer: partner.issuer,
            audience: AUDIENCE,
            algorithms: ['ES256'],
            jwks: partner.jwks,
            clients: ['partner-app'],
          },
        ],
      },
    });
    await register(api.app, 'partner-app', [scope]);
    await register(api.app, 'backoffice', [scope]);
  });

  it('let its users in through the clients bound to it, with the roles that we gave them [C11]', async () => {
    expect((await api.get('/invoices', foreign())).status).toBe(403);
    const user = { issuer: partner.issuer, subject: 'alice' };
    await api.app
      .get(RoleGrantService)
      .grant({ user, clientId: 'partner-app', role: 'viewer' }, BY);
    const answer = await api.get('/invoices', foreign());
    expect(answer.body).toMatchObject({ user, roles: ['viewer'] });
  });

  it('never pass for our users: a user is issuer and subject [C74]', async () => {
    await grantRole(api.app, 'alice', null, 'viewer');
    expect((await api.get('/invoices', foreign({ sub: 'alice' }))).status).toBe(403);
    const ours = await ownToken(api.app, { clientId: 'partner-app', user: 'alice', scope });
    const answer = await api.get('/invoices', { Authorization: `Bearer ${ours}` });
    expect(answer.body).toMatchObject({ user: { issuer: OWN_ISSUER, subject: 'alice' } });
  });

  it('name no other client of ours [C11]', async () => {
    expect((await api.get('/invoices', foreign({ client_id: 'backoffice' }))).status).toBe(401);
    const key = await clientWithKey(api.app, 'other', [scope]);
    const headers = { ...foreign(), 'X-API-Key': key };
    expect((await api.get('/invoices', headers)).status).toBe(401);
  });
});
