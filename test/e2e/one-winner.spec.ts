import { generateKeyPairSync } from 'node:crypto';
import { ClientService } from '@sallyport/nest';
import { exportJWK, SignJWT } from 'jose';
import {
  authorizationRequest,
  Browser,
  form,
  grantRole,
  ISSUER,
  newVerifier,
  post,
  readQuestion,
  redeem,
  refresh,
  registerClient,
  type HttpAnswer,
  type TestClient,
} from '../support/authorization-server.js';
import { seeder, type Instance } from '../support/instances.js';
import { serverSets, type Servers } from '../support/server-sets.js';

const AT_ONCE = 20;
const ROUNDS = 10;
const WITHIN_MILLISECONDS = 1_000;

describe.each(serverSets)('$name: one winner', ({ open }) => {
  let servers: Servers;
  let first: Instance;
  let shop: TestClient;
  let strict: TestClient;
  let browser: Browser;

  beforeAll(async () => {
    servers = await open();
    [first] = servers.both;
    await grantRole(first, 'alice');
    shop = await registerClient(first);
    strict = await registerClient(first, 'strict', { refreshGrace: false });
    browser = new Browser(servers.either);
    await browser.authorize(shop);
  });
  afterAll(() => servers.close());

  const atOnce = (work: () => Promise<HttpAnswer>): Promise<HttpAnswer[]> =>
    Promise.all(Array.from({ length: AT_ONCE }, work));
  const refreshTokensOf = (answers: readonly HttpAnswer[]): readonly string[] => [
    ...new Set(
      answers
        .filter(({ status }) => status === 200)
        .map(({ body }) => String((body as { refresh_token: string }).refresh_token)),
    ),
  ];
  const only = (texts: readonly string[]): string => {
    expect(texts).toHaveLength(1);
    return texts[0] ?? '';
  };
  const expectRefused = (answer: HttpAnswer, error = 'invalid_grant'): void => {
    expect([answer.status, answer.body.error]).toEqual([400, error]);
  };
  const probes = (token: string) =>
    Promise.all(servers.both.map((server) => server.probe({ token })));
  const expectTokenDies = async (token: string): Promise<void> => {
    const deadline = performance.now() + WITHIN_MILLISECONDS;
    while ((await probes(token)).includes(200) && performance.now() < deadline);
    expect(await probes(token)).toEqual([401, 401]);
  };

  it('of 20 redemptions of one code one gets tokens, which live until the code comes again [C66] [T2]', async () => {
    for (let round = 0; round < 3; round += 1) {
      const authorization = await browser.authorize(shop);
      const answers = await atOnce(() => redeem(servers.either, shop, authorization));
      const successful = answers.filter(({ status }) => status === 200);
      expect(successful).toHaveLength(1);
      for (const answer of answers) if (answer.status !== 200) expectRefused(answer);

      const refreshed = await refresh(servers.either, shop, only(refreshTokensOf(answers)));
      expect(refreshed.status).toBe(200);
      expect(await probes(String(refreshed.body.access_token))).toEqual([200, 200]);
      expect(await probes(String(successful[0]?.body.access_token))).toEqual([200, 200]);

      expectRefused(await redeem(servers.either, shop, authorization));
      expectRefused(await refresh(servers.either, shop, String(refreshed.body.refresh_token)));
      await expectTokenDies(String(refreshed.body.access_token));
      await expectTokenDies(String(successful[0]?.body.access_token));
    }
  });

  it('20 refreshes of one token give one successor, round after round [W1] [T2]', async () => {
    let token = String((await browser.login(shop)).refresh_token);
    for (let round = 0; round < ROUNDS; round += 1) {
      const answers = await atOnce(() => refresh(servers.either, shop, token));
      expect(answers.map(({ status }) => status)).toEqual(Array(AT_ONCE).fill(200));
      const successor = only(refreshTokensOf(answers));
      expect(successor).not.toBe(token);
      token = successor;
    }
    const last = await refresh(servers.either, shop, token);
    expect(last.status).toBe(200);
    expect(await probes(String(last.body.access_token))).toEqual([200, 200]);
  });

  it('of 20 refreshes by a strict client one wins, and only a later one ends the family [W1]', async () => {
    const { refresh_token: token } = (await browser.login(strict)) as { refresh_token: string };
    const answers = await atOnce(() => refresh(servers.either, strict, token));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers) if (answer.status !== 200) expectRefused(answer);

    const next = await refresh(servers.either, strict, only(refreshTokensOf(answers)));
    expect(next.status).toBe(200);
    expectRefused(await refresh(servers.either, strict, token));
    expectRefused(await refresh(servers.either, strict, String(next.body.refresh_token)));
    await expectTokenDies(String(next.body.access_token));
  });

  it('of 20 requests with one assertion one is authenticated [T2]', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
    await registerClient(first, 'robot', {
      grantTypes: ['client_credentials'],
      redirectUris: [],
      jwks: { keys: [key] },
    });
    const assertion = await new SignJWT({ jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .setIssuer('robot')
      .setSubject('robot')
      .setAudience(ISSUER)
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(privateKey);
    const answers = await atOnce(() =>
      post(servers.either, 'token', null, {
        grant_type: 'client_credentials',
        client_id: 'robot',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
      }),
    );
    const told = answers.map(({ status, body }) => `${String(status)} ${String(body.error)}`).sort();
    const refusals = Array<string>(AT_ONCE - 1).fill('401 invalid_client');
    expect(told).toEqual(['200 undefined', ...refusals]);
  });

  const codesOf = (answers: readonly HttpAnswer[]): readonly string[] =>
    answers
      .map(({ headers }) => headers.get('location'))
      .filter((location) => location?.startsWith(shop.redirectUri) === true)
      .map((location) => new URL(location ?? '').searchParams.get('code'))
      .filter((code) => code !== null);

  it('of 20 uses of one pushed request one gets a code [T2]', async () => {
    const verifier = newVerifier();
    const pushed = await post(servers.either, 'par', shop, authorizationRequest(shop, verifier));
    const query = form({ client_id: shop.clientId, request_uri: String(pushed.body.request_uri) });
    const answers = await atOnce(() => browser.open(`/oauth/authorize?${query.toString()}`));
    const code = only(codesOf(answers));
    const { redirectUri } = shop;
    const redeemed = await redeem(servers.either, shop, { code, verifier, redirectUri });
    expect(redeemed.status).toBe(200);
    expect(codesOf([await browser.open(`/oauth/authorize?${query.toString()}`)])).toEqual([]);
  });

  it.each(['login', 'consent'] as const)(
    'of 20 answers to one %s page one leads to a code [T2]',
    async (prompt) => {
      const own = new Browser(servers.either);
      const { clientId } = shop;
      const clients = first.get(ClientService);
      if (prompt === 'consent') {
        await own.authorize(shop);
        await clients.update(clientId, { isThirdParty: true }, seeder);
        await new Promise((resolve) => setTimeout(resolve, 600)); // until both servers know
      }
      const verifier = newVerifier();
      const query = form(authorizationRequest(shop, verifier)).toString();
      const sent = await own.open(`/oauth/authorize?${query}`);
      const page = await own.open(sent.headers.get('location') ?? '');
      const question = readQuestion(page.text);
      expect(question?.asks).toBe(prompt);
      const { action = '', csrf = '' } = question ?? {};

      const answers = await atOnce(async () => {
        const answered = await own.open(
          action,
          prompt === 'consent'
            ? { csrf, decision: 'allow' }
            : { csrf, username: 'alice', password: "alice's password" },
        );
        const location = answered.headers.get('location');
        return location === null ? answered : own.open(location);
      });
      const { redirectUri } = shop;
      const code = only(codesOf(answers));
      const redeemed = await redeem(servers.either, shop, { code, verifier, redirectUri });
      expect(redeemed.status).toBe(200);
      expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
      if (prompt === 'consent') await clients.update(clientId, { isThirdParty: false }, seeder);
    },
  );
});
