import {
  grantRole,
  post,
  Browser,
  redeem,
  registerClient,
  send,
  startAuthorizationServer,
  type HttpAnswer,
  type TestClient,
} from '../support/authorization-server.js';
import { hashOf } from '../support/bound-tokens.js';
import { ProofMaker } from '../support/dpop-proof.js';
import type { Instance } from '../support/instances.js';
import { claimsOf, refusalOf } from '../support/oauth-answers.js';
import { atOnce } from '../support/races.js';
import { rawRequest } from '../support/raw-request.js';
import { adapters } from '../support/reference-api.js';
import { serverSets, type Servers } from '../support/server-sets.js';
import { secondsLater } from '../support/time-travel.js';

const GRANT = { grant_type: 'client_credentials' };
/** RFC 9449 §11.1: a proof may be as old as this, or as far ahead. */
const WINDOW = 300;

const now = (): number => Math.floor(Date.now() / 1000);
const fieldsOfJob = { grantTypes: ['client_credentials'], redirectUris: [] };

describe.each(adapters)('OAuth checklist, sender constraint, on %s', (adapter) => {
  let server: Instance;
  let job: TestClient;
  let key: ProofMaker;

  beforeAll(async () => {
    server = await startAuthorizationServer({ adapter });
    job = await registerClient(server, 'job', fieldsOfJob);
    key = await ProofMaker.create();
  });
  afterAll(() => server.app.close());

  const ask = (proof: string, headers: Readonly<Record<string, string>> = {}) =>
    post(server, 'token', job, GRANT, { DPoP: proof, ...headers });
  const expectRefused = (answer: HttpAnswer): void => {
    expect(refusalOf(answer)).toBe('400 invalid_dpop_proof');
  };

  it('36. A right DPoP proof binds the token to its key; query and fragment of htu do not count (RFC 9449 §4.3)', async () => {
    for (const end of ['', '?a=b', '#c']) {
      const htu = `https://api.test/oauth/token${end}`;
      const { status, body } = await ask(await key.proof({ htu }));
      expect([status, body.token_type]).toEqual([200, 'DPoP']);
      expect(claimsOf(body.access_token as string).cnf).toEqual({ jkt: expect.any(String) });
    }
  });

  it.each([
    ['another method', { htm: 'GET' }],
    ['the method in other letters', { htm: 'post' }],
    ['no method', { htm: undefined }],
    ['another host', { htu: 'https://evil.test/oauth/token' }],
    ['another port', { htu: 'https://api.test:8443/oauth/token' }],
    ['another scheme', { htu: 'http://api.test/oauth/token' }],
    ['another path', { htu: 'https://api.test/oauth/par' }],
    ['a longer path', { htu: 'https://api.test/oauth/token/' }],
    ['no URL', { htu: 'token' }],
    ['no htu', { htu: undefined }],
    ['no jti', { jti: undefined }],
    ['an empty jti', { jti: '' }],
    ['a jti that is no text', { jti: 7 }],
    ['no iat', { iat: undefined }],
    ['an iat that is no number', { iat: 'now' }],
    ['a nonce that nobody gave', { nonce: 'x'.repeat(43) }],
  ])('36. A DPoP proof with %s is refused (RFC 9449 §4.3)', async (_what, claims) => {
    expectRefused(await ask(await key.proof(claims)));
  });

  it('36. A DPoP proof that is signed by no key, by a MAC or by another key is refused (RFC 9449 §4.3)', async () => {
    const { publicJwk } = await ProofMaker.create();
    const right = await key.proof();
    expectRefused(await ask(key.unsignedProof()));
    expectRefused(await ask(await key.proofByMac()));
    expectRefused(await ask(await key.proof({}, { jwk: publicJwk })));
    expectRefused(await ask(right.slice(0, right.lastIndexOf('.') + 1)));
    expectRefused(await ask(await key.proof({}, { jwk: undefined })));
    expectRefused(await ask(await key.proof({}, { typ: 'JWT' })));
    expectRefused(await ask(await key.proof({}, { typ: undefined })));
  });

  it('36. A DPoP proof with the private key in it is refused (RFC 9449 §4.3)', async () => {
    const answer = await ask(await key.proof({}, { jwk: key.privateJwk }));
    expectRefused(answer);
    expect(answer.text).not.toContain(key.privateJwk.d);
  });

  it('36. Two DPoP proofs, in one header or two, are refused (RFC 9449 §4.3)', async () => {
    const [one, other] = [await key.proof(), await key.proof()];
    expectRefused(await ask(`${one}, ${other}`));
    const body = `grant_type=client_credentials&client_id=job&client_secret=${job.secret ?? ''}`;
    const headers = [
      ['content-type', 'application/x-www-form-urlencoded'],
      ['dpop', one],
      ['dpop', other],
    ] as const;
    const { status, text } = await rawRequest(server, 'POST', '/oauth/token', headers, body);
    expect([status, text]).toEqual([400, expect.stringContaining('invalid_dpop_proof')]);
  });

  it('36. A DPoP proof is too old, or too far ahead, after five minutes (RFC 9449 §11.1)', async () => {
    for (const far of [-WINDOW - 10, WINDOW + 10]) {
      expectRefused(await ask(await key.proof({ iat: now() + far })));
    }
    for (const near of [-WINDOW + 10, WINDOW - 10]) {
      expect((await ask(await key.proof({ iat: now() + near }))).status).toBe(200);
    }
  });

  it('36. A DPoP proof works once, for as long as it would work at all (RFC 9449 §11.1)', async () => {
    const proof = await key.proof();
    const early = await key.proof({ iat: now() + WINDOW - 10 });
    for (const fresh of [proof, early]) expect((await ask(fresh)).status).toBe(200);
    for (const again of [proof, early]) expect(refusalOf(await ask(again))).toMatch(/^400 invalid/);
    await secondsLater(WINDOW - 20, async () => {
      expect(refusalOf(await ask(proof))).toMatch(/^400 invalid/);
    });
    // By then a proof that was dated ahead is just right.
    await secondsLater(WINDOW + 10, async () => {
      expect(refusalOf(await ask(early))).toMatch(/^400 invalid/);
    });
  });

  it('36. A proof that is refused spends nothing: the code stays good', async () => {
    await grantRole(server, 'alice');
    const phone = await registerClient(server, 'phone', { type: 'public' });
    const authorization = await new Browser(server).authorize(phone);
    const wrong = await key.proof({ htm: 'GET' });
    expectRefused(await redeem(server, phone, authorization, {}, { DPoP: wrong }));
    const right = { DPoP: await key.proof() };
    expect((await redeem(server, phone, authorization, {}, right)).status).toBe(200);
  });

  it('37. A DPoP-bound token sent as Bearer is a 401, at this API and at userinfo, also beside a right proof; with the scheme DPoP it is let in (RFC 9449 §7.1, §7.2)', async () => {
    await grantRole(server, 'alice');
    const shop = await registerClient(server, 'shop');
    const authorization = await new Browser(server).authorize(shop, {
      scope: 'openid invoices:read',
    });
    const tokens = await redeem(server, shop, authorization, {}, { DPoP: await key.proof() });
    const token = tokens.body.access_token as string;
    const ath = hashOf(token);
    for (const path of ['/probe', '/oauth/userinfo']) {
      const proof = await key.proof({ htm: 'GET', htu: `https://api.test${path}`, ath });
      expect((await server.call(path, { token })).status).toBe(401);
      expect((await server.call(path, { token, headers: { dpop: proof } })).status).toBe(401);
      const headers = { authorization: `DPoP ${token}`, dpop: proof };
      expect((await server.call(path, { headers })).status).toBe(200);
      expect((await server.call(path, { headers })).status).toBe(401);
    }
  });

  it('37. A Bearer token with a proof under the DPoP scheme is a 401 (RFC 9449 §7.1)', async () => {
    const { access_token: token } = (await post(server, 'token', job, GRANT)).body;
    expect(await server.probe({ token })).toBe(200);
    const ath = hashOf(token as string);
    const proof = await key.proof({ htm: 'GET', htu: 'https://api.test/probe', ath });
    const authorization = `DPoP ${token as string}`;
    const answer = await server.call('/probe', { headers: { authorization, dpop: proof } });
    expect(answer.status).toBe(401);
  });
});

describe.each(adapters)('OAuth checklist, nonces of DPoP proofs, on %s', (adapter) => {
  let server: Instance;
  let job: TestClient;
  let key: ProofMaker;

  beforeAll(async () => {
    server = await startAuthorizationServer({
      adapter,
      sallyport: { dpop: { requireNonce: true } },
    });
    job = await registerClient(server, 'job', fieldsOfJob);
    key = await ProofMaker.create();
  });
  afterAll(() => server.app.close());

  const askToken = async (nonce?: string) =>
    post(server, 'token', job, GRANT, { DPoP: await key.proof({ nonce }) });

  it('36. A DPoP proof without the nonce is refused at the token endpoint and at the API, which both say it in DPoP-Nonce (RFC 9449 §8, §9)', async () => {
    const refused = await askToken();
    expect(refusalOf(refused)).toBe('400 use_dpop_nonce');
    const nonce = refused.headers.get('dpop-nonce') ?? '';
    const { body } = await askToken(nonce);
    const token = body.access_token as string;
    const right = { htm: 'GET', htu: 'https://api.test/probe', ath: hashOf(token) };
    const use = async (claims: object) =>
      server.call('/probe', {
        headers: { authorization: `DPoP ${token}`, dpop: await key.proof({ ...right, ...claims }) },
      });
    const without = await use({});
    expect([without.status, without.headers.get('dpop-nonce')]).toEqual([401, nonce]);
    expect(without.headers.get('www-authenticate')).toContain('error="use_dpop_nonce"');
    expect((await use({ nonce: 'x'.repeat(43) })).status).toBe(401);
    // Of one origin, as a client sees it: one nonce is good for both.
    expect((await use({ nonce })).status).toBe(200);
  });
});

describe.each(serverSets)('OAuth checklist, replay of DPoP proofs, $name', ({ open }) => {
  let servers: Servers;
  let job: TestClient;

  beforeAll(async () => {
    servers = await open();
    job = await registerClient(servers.both[0], 'job', fieldsOfJob);
  });
  afterAll(() => servers.close());

  it('36. Of 20 uses of one DPoP proof at the API one is let in, whatever server they come to (RFC 9449 §11.1)', async () => {
    const key = await ProofMaker.create();
    const headers = { DPoP: await key.proof() };
    const { body } = await post(servers.either, 'token', job, GRANT, headers);
    const token = body.access_token as string;
    const proof = await key.proof({
      htm: 'GET',
      htu: 'https://api.test/probe',
      ath: hashOf(token),
    });
    const use = (at: Pick<Instance, 'url'>) =>
      send(at, '/probe', { headers: { authorization: `DPoP ${token}`, dpop: proof } });
    const answers = await atOnce(() => use(servers.either));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(answers.length - 1);
    for (const server of servers.both) expect((await use(server)).status).toBe(401);
  });

  it('36. Of 20 uses of one DPoP proof one gets a token, whatever server they come to (RFC 9449 §11.1)', async () => {
    const proof = await (await ProofMaker.create()).proof();
    const use = (at: Pick<Instance, 'url'>) => post(at, 'token', job, GRANT, { DPoP: proof });
    const answers = await atOnce(() => use(servers.either));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    for (const server of servers.both) expect((await use(server)).status).toBe(400);
  });
});
