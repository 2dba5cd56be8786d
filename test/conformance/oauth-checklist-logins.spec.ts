import {
  ClientService,
  RoleGrantService,
  SessionService,
  UserStatusService,
} from '@sallyport/nest';
import {
  authorizationRequest,
  Browser,
  grantRole,
  ISSUER,
  newVerifier,
  redeem,
  registerClient,
  startAuthorizationServer,
  type TestClient,
} from '../support/authorization-server.js';
import { seeder, type Instance } from '../support/instances.js';
import { claimsOf, refusalOf } from '../support/oauth-answers.js';
import { adapters } from '../support/reference-api.js';

const carol = { issuer: ISSUER, subject: 'carol' };

describe.each(adapters)('OAuth checklist, logins and codes in flight, on %s', (adapter) => {
  let server: Instance;
  let shop: TestClient;
  let other: TestClient;

  beforeAll(async () => {
    server = await startAuthorizationServer({ adapter });
    shop = await registerClient(server);
    other = await registerClient(server, 'other');
    await grantRole(server, 'carol');
  });
  afterAll(() => server.app.close());

  /** What the server says to this browser when it may not ask: a code, or why not. */
  const silently = async (browser: Browser, client = shop): Promise<string | null> => {
    const request = { ...authorizationRequest(client, newVerifier()), prompt: 'none' };
    const { searchParams } = await browser.visit(request);
    return searchParams.has('code') ? 'code' : searchParams.get('error');
  };
  const signedIn = async (): Promise<Browser> => {
    const browser = new Browser(server, 'carol');
    await browser.login(shop);
    expect(await silently(browser)).toBe('code');
    return browser;
  };

  it('29. Suspension ends the logins of a user, and reinstating revives none [C55]', async () => {
    const browser = await signedIn();
    const inFlight = await browser.authorize(other);
    await server.get(UserStatusService).suspend(carol, seeder);
    expect(await silently(browser)).toBe('login_required');
    await server.get(UserStatusService).reinstate(carol, seeder);
    expect(await silently(browser)).toBe('login_required');
    expect(await silently(browser, other)).toBe('login_required');
    expect(refusalOf(await redeem(server, other, inFlight))).toBe('400 invalid_grant');
    await browser.login(shop);
    expect(await silently(browser)).toBe('code');
  });

  it('29. Logging out everywhere ends every login and code, and nothing that comes after [C55]', async () => {
    const [phone, laptop] = [await signedIn(), await signedIn()];
    const inFlight = await laptop.authorize(other);
    await server.get(SessionService).endAll(carol, seeder);
    for (const browser of [phone, laptop]) {
      expect(await silently(browser)).toBe('login_required');
    }
    expect(refusalOf(await redeem(server, other, inFlight))).toBe('400 invalid_grant');
    const { access_token: token } = await phone.login(shop);
    expect(await server.probe({ token })).toBe(200);
  });

  it('29. An ended session ends the login that it came from, and no other [C55] [C86]', async () => {
    const [phone, laptop] = [await signedIn(), await signedIn()];
    const { access_token: token } = await phone.login(shop);
    await server.get(SessionService).end(carol, claimsOf(token).gid as string, seeder);
    expect(await silently(phone)).toBe('login_required');
    expect(await silently(laptop)).toBe('code');
  });

  it('29. A role that is withdrawn is in no token of a code that was in flight', async () => {
    const roles = server.get(RoleGrantService);
    const inShop = { user: carol, clientId: 'shop' };
    await roles.grant({ ...inShop, role: 'viewer' }, seeder);
    const browser = await signedIn();
    const inFlight = await browser.authorize(shop);
    await roles.withdraw({ user: carol, clientId: null, role: 'editor' }, seeder);
    const { body } = await redeem(server, shop, inFlight);
    expect(claimsOf(body.access_token as string).roles).toEqual(['viewer']);
    expect(
      (await server.call('/probe', { token: body.access_token as string })).body,
    ).toMatchObject({ roles: ['viewer'], scope: ['invoices:read'] });
  });

  it('29. A disabled client gets nothing for a code in flight, and nobody signs in to it', async () => {
    const leaving = await registerClient(server, 'leaving');
    const browser = await signedIn();
    const inFlight = await browser.authorize(leaving);
    await server.get(ClientService).disable('leaving', seeder);
    expect(refusalOf(await redeem(server, leaving, inFlight))).toMatch(/^40[01] invalid_/);
    await expect(browser.visit(authorizationRequest(leaving, newVerifier()))).rejects.toThrow(
      'invalid_client',
    );
    expect(await silently(browser)).toBe('code');
  });
});
