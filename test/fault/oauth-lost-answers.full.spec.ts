import { setTimeout as sleep } from 'node:timers/promises';
import { SessionService } from '@sallyport/nest';
import {
  Browser,
  grantRole,
  ISSUER,
  redeem,
  refresh,
  registerClient,
  startAuthorizationServer,
  type HttpAnswer,
  type TestClient,
} from '../support/authorization-server.js';
import { accessTokenOf, expectRefused, refreshTokenOf } from '../support/families.js';
import { testKek, type Instance } from '../support/instances.js';
import { createDatabase } from '../support/reference-api.js';
import { dropPrefix, ownPrefix, sharedRedisUrl } from '../support/redis.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

const alice = { issuer: ISSUER, subject: 'alice' };
const ROUNDS_OF_ABORTS = 20;
const LONGEST_PATIENCE_MILLISECONDS = 40;

const sessionsOf = async (server: Instance): Promise<number> =>
  (await server.get(SessionService).list(alice)).length;

async function login(server: Instance, client: TestClient): Promise<string> {
  const { refresh_token: token } = (await new Browser(server).login(client)) as {
    refresh_token: string;
  };
  return token;
}

describe('A client that does not hear the answer to its refresh', () => {
  let server: Instance;
  let wire: TcpProxy;
  let shop: TestClient;
  let strict: TestClient;

  beforeAll(async () => {
    server = await startAuthorizationServer({ stores: { kind: 'pglite' } });
    wire = await startTcpProxy(server.url);
    await grantRole(server, 'alice');
    shop = await registerClient(server);
    strict = await registerClient(server, 'strict', { refreshGrace: false });
  });
  afterAll(async () => {
    await wire.close();
    await server.app.close();
  });

  const loseAnswer = async (client: TestClient, token: string): Promise<string> => {
    const lost = wire.cutAt({ at: 'POST /oauth/token', arrives: true });
    await expect(refresh({ url: new URL(wire.url).origin }, client, token)).rejects.toThrow();
    return lost;
  };

  it('is told the same when it asks again [W1] [T2]', async () => {
    const token = await login(server, shop);
    const lost = await loseAnswer(shop, token);
    expect(lost).toContain('HTTP/1.1 200');

    const again = await refresh(server, shop, token);
    expect(again.status).toBe(200);
    expect(lost).toContain(refreshTokenOf(again));
    expect(await server.probe({ token: accessTokenOf(again) })).toBe(200);
    expect((await refresh(server, shop, refreshTokenOf(again))).status).toBe(200);
  });

  it('has to sign in again where it is strict, and whoever heard the answer too [W1]', async () => {
    const token = await login(server, strict);
    const lost = await loseAnswer(strict, token);
    const successor = /"refresh_token":"([^"]+)"/.exec(lost)?.[1] ?? '';
    expect(successor).not.toBe('');
    expectRefused(await refresh(server, strict, token));
    expectRefused(await refresh(server, strict, successor));
  });

  it('goes on in one session, whenever it hung up [W1] [T2]', async () => {
    let token = await login(server, shop);
    const before = await sessionsOf(server);
    for (let round = 0; round < ROUNDS_OF_ABORTS; round += 1) {
      const patience = (round * LONGEST_PATIENCE_MILLISECONDS) / ROUNDS_OF_ABORTS;
      const hangUp = new AbortController();
      const asking = fetch(`${server.url}/oauth/token`, {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token }),
        headers: {
          authorization: `Basic ${Buffer.from(`shop:${shop.secret ?? ''}`).toString('base64')}`,
        },
        signal: hangUp.signal,
      }).then(
        () => 'heard',
        () => 'hung up',
      );
      await sleep(patience);
      hangUp.abort();
      await asking;
      const again = await refresh(server, shop, token);
      expect(again.status).toBe(200);
      expect(await server.probe({ token: accessTokenOf(again) })).toBe(200);
      token = refreshTokenOf(again);
    }
    expect(await sessionsOf(server)).toBe(before);
  });
});

const databaseUrl = process.env.TEST_DATABASE_URL;
if (databaseUrl !== undefined && sharedRedisUrl !== undefined) {
  const redisUrl = sharedRedisUrl;

  describe('A server that does not hear whether PostgreSQL committed', () => {
    const prefix = ownPrefix();
    let own: Awaited<ReturnType<typeof createDatabase>>;
    let wire: TcpProxy;
    let server: Instance;
    let shop: TestClient;

    beforeAll(async () => {
      own = await createDatabase(databaseUrl);
      wire = await startTcpProxy(own.url);
      const kek = testKek();
      const stores = { kind: 'real', databaseUrl: wire.url, redisUrl, prefix, kek } as const;
      server = await startAuthorizationServer({ stores });
      await grantRole(server, 'alice');
      shop = await registerClient(server);
    });
    afterAll(async () => {
      await server.app.close();
      await wire.close();
      await dropPrefix(redisUrl, prefix);
      await own.drop();
    });

    /** Cuts the connection at the commit that spends a code or a token. */
    const withCommitCut = async (
      arrives: boolean,
      work: () => Promise<HttpAnswer>,
    ): Promise<void> => {
      const cut = wire.cutAt({ at: 'COMMIT', since: 'consumed_at', arrives });
      const answer = await work();
      await cut;
      expect(answer.status).toBe(503);
      expect(answer.body.error).toBe('temporarily_unavailable');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    };

    it.each([
      { was: 'was', arrives: true },
      { was: 'was not', arrives: false },
    ])('refreshes once when it asks again, if it $was committed [W1] [T2]', async ({ arrives }) => {
      const token = await login(server, shop);
      const before = await sessionsOf(server);
      await withCommitCut(arrives, () => refresh(server, shop, token));

      const answers = [await refresh(server, shop, token), await refresh(server, shop, token)];
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(new Set(answers.map(refreshTokenOf)).size).toBe(1);
      const [again] = answers as [HttpAnswer, HttpAnswer];
      expect((await refresh(server, shop, refreshTokenOf(again))).status).toBe(200);
      expect(await sessionsOf(server)).toBe(before);
    });

    it('redeems a code that was not spent when it comes again, once [T2]', async () => {
      const authorization = await new Browser(server).authorize(shop);
      const before = await sessionsOf(server);
      await withCommitCut(false, () => redeem(server, shop, authorization));
      expect(await sessionsOf(server)).toBe(before);

      const again = await redeem(server, shop, authorization);
      expect(again.status).toBe(200);
      expect(await sessionsOf(server)).toBe(before + 1);
      expectRefused(await redeem(server, shop, authorization));
      expectRefused(await refresh(server, shop, refreshTokenOf(again)));
    });

    it('refuses a code that was spent when it comes again, and leaves nothing behind [T2]', async () => {
      const authorization = await new Browser(server).authorize(shop);
      const before = await sessionsOf(server);
      await withCommitCut(true, () => redeem(server, shop, authorization));
      expectRefused(await redeem(server, shop, authorization));
      expect(await sessionsOf(server)).toBe(before);
    });
  });
} else {
  it('needs PostgreSQL and Redis, which this run does not cover', () => {
    expect(process.env.TEST_STORES).not.toBe('all');
  });
}
