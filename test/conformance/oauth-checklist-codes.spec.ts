import {
  Browser,
  grantRole,
  newVerifier,
  redeem,
  refresh,
  registerClient,
  startAuthorizationServer,
  type Authorization,
  type HttpAnswer,
  type TestClient,
} from '../support/authorization-server.js';
import type { Instance } from '../support/instances.js';
import { refusalOf } from '../support/oauth-answers.js';
import { secondsLater } from '../support/time-travel.js';

const SECOND_REDIRECT = 'https://shop.test/second';

describe('OAuth checklist, authorization codes', () => {
  let server: Instance;
  let shop: TestClient;
  let foreign: TestClient;
  let spa: TestClient;
  let browser: Browser;

  beforeAll(async () => {
    server = await startAuthorizationServer();
    shop = await registerClient(server, 'shop', {
      redirectUris: ['https://shop.test/callback', SECOND_REDIRECT],
    });
    foreign = await registerClient(server, 'foreign');
    spa = await registerClient(server, 'spa', { type: 'public' });
    await grantRole(server, 'alice');
    browser = new Browser(server);
  });
  afterAll(() => server.app.close());

  const refused = (answer: HttpAnswer, authorization: Authorization) => {
    const { code, verifier } = authorization;
    expect(refusalOf(answer, [code, verifier, shop.secret])).toBe('400 invalid_grant');
  };

  it.each([
    ['a confidential', () => shop],
    ['a public', () => spa],
  ])('14. A code of %s client works once; used again, it kills what it gave', async (_, client) => {
    const authorization = await browser.authorize(client());
    const first = await redeem(server, client(), authorization);
    expect(first.status).toBe(200);
    const { access_token: token, refresh_token: refreshToken } = first.body as Record<
      'access_token' | 'refresh_token',
      string
    >;
    expect(await server.probe({ token })).toBe(200);
    refused(await redeem(server, client(), authorization), authorization);
    expect(await server.probe({ token })).toBe(401);
    const after = await refresh(server, client(), refreshToken);
    expect(refusalOf(after, [refreshToken])).toBe('400 invalid_grant');
  });

  it('14. A code used again kills what was refreshed meanwhile too', async () => {
    const authorization = await browser.authorize(shop);
    const first = await redeem(server, shop, authorization);
    const second = await refresh(server, shop, String(first.body.refresh_token));
    expect(second.status).toBe(200);
    refused(await redeem(server, shop, authorization), authorization);
    expect(await server.probe({ token: String(second.body.access_token) })).toBe(401);
    expect((await refresh(server, shop, String(second.body.refresh_token))).status).toBe(400);
  });

  it('14. A code used again kills what it gave, however long ago it expired', async () => {
    const authorization = await browser.authorize(shop);
    const { body } = await redeem(server, shop, authorization);
    await secondsLater(120, async () => {
      refused(await redeem(server, shop, authorization), authorization);
      expect(await server.probe({ token: body.access_token })).toBe(401);
      expect((await refresh(server, shop, body.refresh_token)).status).toBe(400);
    });
  });

  it('14. A code used again kills nothing of other logins', async () => {
    const other = await browser.login(shop);
    const authorization = await browser.authorize(shop);
    await redeem(server, shop, authorization);
    refused(await redeem(server, shop, authorization), authorization);
    expect(await server.probe({ token: other.access_token })).toBe(200);
    expect((await refresh(server, shop, other.refresh_token)).status).toBe(200);
  });

  it('15. A code is of no use to another client, and stays its owner’s', async () => {
    const authorization = await browser.authorize(shop);
    refused(await redeem(server, foreign, authorization), authorization);
    refused(await redeem(server, spa, authorization), authorization);
    // Nor is guessing at its verifier a way to take it from its owner.
    const guess = { ...authorization, verifier: newVerifier() };
    refused(await redeem(server, foreign, guess), authorization);
    expect((await redeem(server, shop, authorization)).status).toBe(200);
  });

  it('15. A code is bound to the redirect URI that it was sent to', async () => {
    const authorization = await browser.authorize(shop);
    for (const redirectUri of [SECOND_REDIRECT, 'https://shop.test/callback/']) {
      refused(await redeem(server, shop, { ...authorization, redirectUri }), authorization);
    }
    const missing = await redeem(server, shop, { ...authorization, redirectUri: '' });
    expect(refusalOf(missing)).toBe('400 invalid_request');
    expect((await redeem(server, shop, authorization)).status).toBe(200);
  });

  it('15. A code is bound to its code_challenge: without a verifier it gives nothing', async () => {
    const authorization = await browser.authorize(shop);
    refused(await redeem(server, shop, { ...authorization, verifier: '' }), authorization);
    const other = await browser.authorize(shop);
    refused(await redeem(server, shop, { ...authorization, verifier: other.verifier }), other);
  });

  it('16. A code is good for 60 seconds and no longer', async () => {
    const [early, late] = [await browser.authorize(shop), await browser.authorize(shop)];
    await secondsLater(55, async () => {
      expect((await redeem(server, shop, early)).status).toBe(200);
    });
    await secondsLater(61, async () => {
      refused(await redeem(server, shop, late), late);
    });
  });

  it('17. A wrong code_verifier ends the code: the right one comes too late', async () => {
    for (const client of [shop, spa]) {
      const authorization = await browser.authorize(client);
      const guess = { ...authorization, verifier: newVerifier() };
      refused(await redeem(server, client, guess), authorization);
      refused(await redeem(server, client, authorization), authorization);
    }
  });

  it('17. Of many guesses at once none leaves the code alive', async () => {
    const authorization = await browser.authorize(spa);
    const guesses = Array.from({ length: 10 }, () => ({
      ...authorization,
      verifier: newVerifier(),
    }));
    for (const answer of await Promise.all(guesses.map((guess) => redeem(server, spa, guess)))) {
      refused(answer, authorization);
    }
    refused(await redeem(server, spa, authorization), authorization);
  });

  it('15. A code that was made up is invalid_grant, whatever it looks like', async () => {
    const authorization = await browser.authorize(shop);
    const { code } = authorization;
    for (const forged of [code.slice(0, -1), `${code}A`, code.toLowerCase(), "' OR 1=1 --", '\0']) {
      const answer = await redeem(server, shop, { ...authorization, code: forged });
      expect(refusalOf(answer)).toBe('400 invalid_grant');
    }
    expect((await redeem(server, shop, authorization)).status).toBe(200);
  });
});
