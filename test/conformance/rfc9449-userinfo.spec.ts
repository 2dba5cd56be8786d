import { ClientService } from '@sallyport/nest';
import {
  Browser,
  grantRole,
  redeem,
  registerClient,
  startAuthorizationServer,
  type TestClient,
} from '../support/authorization-server.js';
import { DpopNonces } from '../../libs/sallyport/src/credentials/dpop/dpop-nonces.js';
import { hashOf } from '../support/bound-tokens.js';
import { ProofMaker } from '../support/dpop-proof.js';
import type { Instance } from '../support/instances.js';
import { rawRequest } from '../support/raw-request.js';
import { adapters } from '../support/reference-api.js';

const PATH = '/oauth/userinfo';

describe.each(adapters)('RFC 9449, DPoP at userinfo, on %s', (adapter) => {
  let server: Instance;
  let key: ProofMaker;
  let bearer: string;
  let bound: string;

  beforeAll(async () => {
    server = await startAuthorizationServer({ adapter });
    key = await ProofMaker.create();
    await grantRole(server, 'alice');
    const shop = await registerClient(server);
    bearer = await tokenOf(shop);
    bound = await tokenOf(shop, { DPoP: await key.proof() });
  });
  afterAll(() => server.app.close());

  const tokenOf = async (client: TestClient, headers = {}, from = server): Promise<string> => {
    const authorization = await new Browser(from).authorize(client, { scope: 'openid' });
    const { body } = await redeem(from, client, authorization, {}, headers);
    return body.access_token as string;
  };
  const proof = (claims: object = {}) =>
    key.proof({ htm: 'GET', htu: `https://api.test${PATH}`, ath: hashOf(bound), ...claims });
  const ask = (authorization: string, ...proofs: readonly string[]) =>
    rawRequest(server, 'GET', PATH, [
      ['Authorization', authorization],
      ...proofs.map((one) => ['DPoP', one] as const),
    ]);

  it('§7.1 tells who a bound token is of for one right proof, and of a bearer token for none', async () => {
    for (const answer of [
      await ask(`DPoP ${bound}`, await proof()),
      await ask(`dpop ${bound}`, await proof()),
      await ask(`Bearer ${bearer}`),
    ]) {
      expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { sub: 'alice' }]);
    }
  });

  it('§4.3 (1) refuses a proof that is missing, empty or malformed, and several as unreadable', async () => {
    for (const proofs of [[], [''], ['proof'], ['a.b.c']]) {
      const { status, headers } = await ask(`DPoP ${bound}`, ...proofs);
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toMatch(/^DPoP .*error="invalid_dpop_proof"/);
    }
    const right = await proof();
    for (const proofs of [
      ['', ''],
      [right, right],
    ]) {
      expect((await ask(`DPoP ${bound}`, ...proofs)).status).toBe(400);
    }
  });

  it('§11.7 counts wrong proofs as failed authentication of their address [C33]', async () => {
    const throttling = { failures: { limit: 2, windowSeconds: 3600 } };
    const limited = await startAuthorizationServer({ adapter, sallyport: { throttling } });
    await grantRole(limited, 'alice');
    const client = await registerClient(limited);
    const token = await tokenOf(client, { DPoP: await key.proof() }, limited);
    const askWith = async (claims: object) =>
      rawRequest(limited, 'GET', PATH, [
        ['Authorization', `DPoP ${token}`],
        ['DPoP', await proof({ ath: hashOf(token), ...claims })],
      ]);
    const statuses = [];
    for (const claims of [{}, { htm: 'POST' }, {}, { ath: hashOf(bound) }, {}]) {
      statuses.push((await askWith(claims)).status);
    }
    await limited.app.close();
    expect(statuses).toEqual([200, 401, 200, 401, 429]);
  });

  it('§8.2 gives the nonce for the next proof with its answer', async () => {
    const sallyport = { dpop: { requireNonce: true } };
    const asking = await startAuthorizationServer({ adapter, sallyport });
    await grantRole(asking, 'alice');
    const client = await registerClient(asking);
    const nonce = asking.get(DpopNonces).current();
    const token = await tokenOf(client, { DPoP: await key.proof({ nonce }) }, asking);
    const askWith = async (claims: object) =>
      rawRequest(asking, 'GET', PATH, [
        ['Authorization', `DPoP ${token}`],
        ['DPoP', await proof({ ath: hashOf(token), ...claims })],
      ]);
    const answers = [await askWith({}), await askWith({ nonce })];
    await asking.app.close();
    expect(answers.map(({ status }) => status)).toEqual([401, 200]);
    for (const { headers } of answers) expect(headers['dpop-nonce']).toMatch(/^[\w-]{43}$/);
  });

  it('§7.1 refuses any proof beside a bearer token, and §7.2 a bound token as Bearer', async () => {
    for (const token of [bearer, bound]) {
      for (const one of [await proof({ ath: hashOf(token) }), 'proof', '']) {
        const { status, text } = await ask(`Bearer ${token}`, one);
        expect(status).toBe(401);
        expect(text).not.toContain('alice');
      }
      expect((await ask(`Bearer ${token}`, '', '')).status).toBe(400);
    }
    expect((await ask(`Bearer ${bound}`)).status).toBe(401);
  });

  it('§5.2 takes no bearer token of a client with dpop_bound_access_tokens, though it was issued before [C57]', async () => {
    const careful = await registerClient(server, 'careful');
    const [loose, tight] = [
      await tokenOf(careful),
      await tokenOf(careful, { DPoP: await key.proof() }),
    ];
    expect((await ask(`Bearer ${loose}`)).status).toBe(200);
    const by = { actor: 'test' };
    await server.get(ClientService).update('careful', { dpopBoundAccessTokens: true }, by);
    const { status, headers, text } = await ask(`Bearer ${loose}`);
    expect([status, text]).toEqual([401, expect.stringContaining('sender-constraint-required')]);
    expect(headers['www-authenticate']).toMatch(/^DPoP /);
    const right = await proof({ ath: hashOf(tight) });
    expect((await ask(`DPoP ${tight}`, right)).status).toBe(200);
  });
});
