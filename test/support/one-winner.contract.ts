import { setTimeout as sleep } from 'node:timers/promises';
import { ClientService } from '@sallyport/nest';
import {
  authorizationRequest,
  Browser,
  form,
  grantRole,
  newVerifier,
  post,
  readQuestion,
  redeem,
  refresh,
  registerClient,
  type HttpAnswer,
  type TestClient,
} from './authorization-server.js';
import { ASSERTION_TYPE, newClientKey } from './client-assertions.js';
import {
  accessTokenOf,
  expectRefused,
  expectTokenDies,
  only,
  refreshTokenOf,
  successful,
} from './families.js';
import { seeder, type Instance } from './instances.js';
import { atOnce, raceForCode, raceForSuccessors } from './races.js';
import type { Servers, ServerSet } from './server-sets.js';

/** After it every server has seen what was changed about a client. */
const CLIENT_SEEN_MILLISECONDS = 1000;

/** Whoever comes first gets it, and nobody gets it twice: the same story on one server, and on two that are far from their stores. */
export function describeOneWinner({ open }: ServerSet): void {
  let servers: Servers;
  let first: Instance;
  let shop: TestClient;
  let browser: Browser;

  beforeAll(async () => {
    servers = await open();
    [first] = servers.both;
    await grantRole(first, 'alice');
    shop = await registerClient(first);
    browser = new Browser(servers.either);
    await browser.authorize(shop);
  });
  afterAll(() => servers.close());

  it('of 20 redemptions of one code one gets tokens, which live until the code comes again [C66] [T2]', async () => {
    await raceForCode(servers, shop, await browser.authorize(shop));
  });

  it('20 refreshes of one token give one successor, round after round [W1] [T2]', async () => {
    const { refresh_token: token } = (await browser.login(shop)) as { refresh_token: string };
    await raceForSuccessors(servers, shop, token, 3);
  });

  it('of 20 refreshes by a strict client one wins, and only a later one ends the family [W1]', async () => {
    const strict = await registerClient(first, 'strict', { refreshGrace: false });
    const { refresh_token: token } = (await browser.login(strict)) as { refresh_token: string };
    const answers = await atOnce(() => refresh(servers.either, strict, token));
    const won = only(successful(answers));
    for (const answer of answers) if (answer !== won) expectRefused(answer);

    const next = await refresh(servers.either, strict, refreshTokenOf(won));
    expect(next.status).toBe(200);
    expectRefused(await refresh(servers.either, strict, token));
    expectRefused(await refresh(servers.either, strict, refreshTokenOf(next)));
    await expectTokenDies(servers, accessTokenOf(next));
  });

  it('of 20 requests with one assertion one is authenticated [T2]', async () => {
    const key = await newClientKey();
    const keys = {
      grantTypes: ['client_credentials'],
      redirectUris: [],
      jwks: { keys: [key.jwk] },
    };
    await registerClient(first, 'robot', keys);
    const assertion = {
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: await key.assertion('robot'),
    };
    const answers = await atOnce(() =>
      post(servers.either, 'token', null, { grant_type: 'client_credentials', ...assertion }),
    );
    const won = only(successful(answers));
    for (const answer of answers) {
      if (answer === won) continue;
      expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
    }
  });

  /** Those that came back to the client with an answer. */
  const codesOf = (answers: readonly HttpAnswer[]): readonly string[] =>
    answers
      .map(({ headers }) => headers.get('location') ?? '')
      .filter((location) => location.startsWith(shop.redirectUri))
      .map((location) => new URL(location).searchParams.get('code'))
      .filter((code) => code !== null);
  const expectRedeemable = async (code: string, verifier: string): Promise<void> => {
    const { redirectUri } = shop;
    const redeemed = await redeem(servers.either, shop, { code, verifier, redirectUri });
    expect(redeemed.status).toBe(200);
  };

  it('of 20 uses of one pushed request one gets a code [T2]', async () => {
    const verifier = newVerifier();
    const pushed = await post(servers.either, 'par', shop, authorizationRequest(shop, verifier));
    const { request_uri } = pushed.body as { request_uri: string };
    const query = form({ client_id: shop.clientId, request_uri }).toString();
    const use = () => browser.open(`/oauth/authorize?${query}`);
    const answers = await atOnce(use);
    await expectRedeemable(only(codesOf(answers)), verifier);
    expect(codesOf([await use()])).toEqual([]);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
  });

  it.each([
    { page: 'login', answer: { username: 'alice', password: "alice's password" } },
    { page: 'consent', answer: { decision: 'allow' } },
  ])('of 20 answers to one $page page one leads to a code [T2]', async ({ page, answer }) => {
    const isThirdParty = page === 'consent';
    await first.get(ClientService).update(shop.clientId, { isThirdParty }, seeder);
    await sleep(CLIENT_SEEN_MILLISECONDS);
    const own = isThirdParty ? browser : new Browser(servers.either);
    const verifier = newVerifier();
    const query = form(authorizationRequest(shop, verifier)).toString();
    const sent = await own.open(`/oauth/authorize?${query}`);
    const shown = await own.open(sent.headers.get('location') ?? '');
    const { asks, action = '', csrf = '' } = readQuestion(shown.text) ?? {};
    expect(asks).toBe(page);

    const answers = await atOnce(async () => {
      const answered = await own.open(action, { csrf, ...answer });
      const location = answered.headers.get('location');
      return location === null ? answered : own.open(location);
    });
    await expectRedeemable(only(codesOf(answers)), verifier);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
  });
}
