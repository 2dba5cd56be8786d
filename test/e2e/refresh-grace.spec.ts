import { SecurityEvents, type SecurityEvent } from '@sallyport/nest';
import {
  Browser,
  grantRole,
  redeem,
  refresh,
  registerClient,
  startAuthorizationServer,
  type TestClient,
} from '../support/authorization-server.js';
import { newClientKey, type ClientKey } from '../support/client-assertions.js';
import { accessTokenOf, expectRefused, refreshTokenOf } from '../support/families.js';
import type { Instance } from '../support/instances.js';
import { secondsLater } from '../support/time-travel.js';
import { TEST_AUDIENCE } from '../support/tokens.js';

const DAY_SECONDS = 86_400;

describe('A refresh token that comes again', () => {
  let server: Instance;
  let shop: TestClient;
  let other: TestClient;
  let browser: Browser;
  let events: SecurityEvent['kind'][];

  beforeAll(async () => {
    server = await startAuthorizationServer();
    await grantRole(server, 'alice');
    shop = await registerClient(server);
    other = await registerClient(server, 'other');
    browser = new Browser(server);
    server.get(SecurityEvents).subscribe(({ kind }) => events.push(kind));
  });
  afterAll(() => server.app.close());
  beforeEach(() => {
    events = [];
  });

  const login = async (): Promise<string> =>
    ((await browser.login(shop)) as { refresh_token: string }).refresh_token;
  const expectDead = async (token: string): Promise<void> => {
    expectRefused(await refresh(server, shop, token));
  };

  it('within 30 seconds gives the same successor, as often as it comes [W1] [C99]', async () => {
    const token = await login();
    const given = await refresh(server, shop, token);
    for (const seconds of [0, 1, 29]) {
      const again = await secondsLater(seconds, () => refresh(server, shop, token));
      expect(again.status).toBe(200);
      expect(refreshTokenOf(again)).toBe(refreshTokenOf(given));
      expect(accessTokenOf(again)).toBe(accessTokenOf(given));
      expect(Number(again.body.expires_in)).toBeLessThanOrEqual(600 - seconds);
    }
    expect((await refresh(server, shop, refreshTokenOf(given))).status).toBe(200);
    expect(events).not.toContain('refresh-token.reused');
  });

  it.each([
    { what: 'another scope', more: { scope: 'invoices:read' } },
    { what: 'another resource', more: { resource: TEST_AUDIENCE } },
  ])('asking for $what is refused, and harms nobody [W1]', async ({ more }) => {
    const token = await login();
    const given = await refresh(server, shop, token);
    expectRefused(await refresh(server, shop, token, more));
    expect(refreshTokenOf(await refresh(server, shop, token))).toBe(refreshTokenOf(given));
    expect((await refresh(server, shop, refreshTokenOf(given))).status).toBe(200);
  });

  it('from another client is refused, and harms nobody [W1]', async () => {
    const token = await login();
    expectRefused(await refresh(server, other, token));
    const given = await refresh(server, shop, token);
    expectRefused(await refresh(server, other, token));
    expectRefused(await refresh(server, other, refreshTokenOf(given)));
    expect((await refresh(server, shop, refreshTokenOf(given))).status).toBe(200);
    expect(events).not.toContain('refresh-token.reused');
  });

  it.each(['confidential', 'public'] as const)(
    'from a %s client with another key, or none, is refused, and harms nobody [W1]',
    async (type) => {
      const client = await registerClient(server, `dpop-${type}`, { type });
      const [own, foreign] = [await newClientKey(), await newClientKey()];
      const proven = async (key: ClientKey) => ({ dpop: await key.proof() });
      const refreshWith = async (token: string, key: ClientKey | null) =>
        refresh(server, client, token, {}, key === null ? {} : await proven(key));

      const authorization = await browser.authorize(client);
      const first = await redeem(server, client, authorization, {}, await proven(own));
      const token = refreshTokenOf(first);
      const given = await refreshWith(token, own);
      expect(given.body.token_type).toBe('DPoP');
      expectRefused(await refreshWith(token, foreign));
      expectRefused(await refreshWith(token, null));
      expect(refreshTokenOf(await refreshWith(token, own))).toBe(refreshTokenOf(given));
      expect((await refreshWith(refreshTokenOf(given), own)).status).toBe(200);
    },
  );

  it('after the grace ends the family and tells the host [T6] [C99]', async () => {
    const token = await login();
    const given = await refresh(server, shop, token);
    await secondsLater(31, () => expectDead(token));
    expect(events).toContain('refresh-token.reused');
    await expectDead(refreshTokenOf(given));
    expect(await server.probe({ token: accessTokenOf(given) })).toBe(401);
  });

  it('after its successor was used ends the family, however soon [W1] [T2]', async () => {
    const token = await login();
    const given = await refresh(server, shop, token);
    const next = await refresh(server, shop, refreshTokenOf(given));
    expect(next.status).toBe(200);
    await expectDead(token);
    expect(events).toContain('refresh-token.reused');
    await expectDead(refreshTokenOf(next));
    expect(await server.probe({ token: accessTokenOf(next) })).toBe(401);
  });

  it('where the server gives no grace ends the family at once', async () => {
    const strict = await startAuthorizationServer({ server: { refreshGraceSeconds: 0 } });
    const client = await registerClient(strict);
    const { refresh_token: token } = (await new Browser(strict).login(client)) as {
      refresh_token: string;
    };
    const given = await refresh(strict, client, token);
    expectRefused(await refresh(strict, client, token));
    expectRefused(await refresh(strict, client, refreshTokenOf(given)));
    await strict.app.close();
  });

  it('ends when it is not used for 14 days [C99]', async () => {
    const token = await login();
    await secondsLater(14 * DAY_SECONDS + 1, () => expectDead(token));
    const later = await secondsLater(14 * DAY_SECONDS - 60, () => refresh(server, shop, token));
    expect(later.status).toBe(200);
  });

  it('ends 90 days after the login, however often it was used [C99]', async () => {
    let token = await login();
    for (let days = 13; days < 90; days += 13) {
      const answer = await secondsLater(days * DAY_SECONDS, () => refresh(server, shop, token));
      expect(answer.status).toBe(200);
      token = refreshTokenOf(answer);
    }
    const next = token;
    await secondsLater(90 * DAY_SECONDS + 1, () => expectDead(next));
  });
});
