import { setTimeout as sleep } from 'node:timers/promises';
import { SessionService } from '@sallyport/nest';
import {
  Browser,
  ISSUER,
  redeem,
  refresh,
  registerClient,
  startAuthorizationServer,
  type HttpAnswer,
  type TestClient,
} from '../support/authorization-server.js';
import { expectRefused, refreshTokenOf } from '../support/families.js';
import { testKek, type Instance } from '../support/instances.js';
import { createDatabase } from '../support/reference-api.js';
import { dropPrefix, ownPrefix, sharedRedisUrl } from '../support/redis.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { inTime } from '../support/stopwatch.js';

const LIMIT_MILLISECONDS = 2_000;
/** For the scheduler of a busy machine. */
const SLACK_MILLISECONDS = 500;
/** Far enough for every statement to be the one at which the database falls silent. */
const FAR_MILLISECONDS = 10;
/** A redemption has about twenty statements. */
const MOMENTS = Array.from({ length: 16 }, (_, index) => index * 16);

const databaseUrl = process.env.TEST_DATABASE_URL;
const alice = { issuer: ISSUER, subject: 'alice' };

if (databaseUrl !== undefined && sharedRedisUrl !== undefined) {
  const redisUrl = sharedRedisUrl;

  describe('When PostgreSQL falls silent in the middle of a request', () => {
    const prefix = ownPrefix();
    let own: Awaited<ReturnType<typeof createDatabase>>;
    let slow: TcpProxy;
    let database: TcpProxy;
    let server: Instance;
    let shop: TestClient;
    let browser: Browser;

    beforeAll(async () => {
      own = await createDatabase(databaseUrl);
      slow = await startTcpProxy(own.url);
      slow.delay(FAR_MILLISECONDS);
      database = await startTcpProxy(slow.url);
      server = await startAuthorizationServer({
        stores: { kind: 'real', databaseUrl: database.url, redisUrl, prefix, kek: testKek() },
      });
      shop = await registerClient(server);
      browser = new Browser(server);
    });
    afterAll(async () => {
      await server.app.close();
      await database.close();
      await slow.close();
      await dropPrefix(redisUrl, prefix);
      await own.drop();
    });

    const sessions = async (): Promise<number> =>
      (await server.get(SessionService).list(alice)).length;

    /** The answer to what is asked so long before the database falls silent; it speaks again afterwards. */
    const silencedAfter = async (
      milliseconds: number,
      ask: () => Promise<HttpAnswer>,
    ): Promise<HttpAnswer> => {
      const silence = sleep(milliseconds).then(() => {
        database.block();
      });
      const longest = milliseconds + LIMIT_MILLISECONDS + SLACK_MILLISECONDS;
      const answer = await inTime(longest, ask);
      await silence;
      database.mend();
      if (answer.status !== 200) {
        expect([answer.status, answer.body.error]).toEqual([503, 'temporarily_unavailable']);
      }
      return answer;
    };
    /** Connections of the pool that were cut show it to one question each. */
    const asked = async (ask: () => Promise<HttpAnswer>): Promise<HttpAnswer> => {
      for (let tries = 0; tries < 50; tries += 1) {
        const answer = await ask();
        if (answer.status !== 503) return answer;
        await sleep(100);
      }
      throw new Error('it did not come back');
    };

    it.each(MOMENTS)('a refresh %i ms old happens once [W1] [T2]', async (milliseconds) => {
      const { refresh_token: token } = (await browser.login(shop)) as { refresh_token: string };
      const before = await sessions();
      const first = await silencedAfter(milliseconds, () => refresh(server, shop, token));
      const again = await asked(() => refresh(server, shop, token));
      expect(again.status).toBe(200);
      if (first.status === 200) expect(refreshTokenOf(again)).toBe(refreshTokenOf(first));
      expect((await refresh(server, shop, refreshTokenOf(again))).status).toBe(200);
      expect(await sessions()).toBe(before);
    });

    it.each(MOMENTS)('a redemption %i ms old happens at most once [T2]', async (milliseconds) => {
      const authorization = await browser.authorize(shop);
      const before = await sessions();
      const first = await silencedAfter(milliseconds, () => redeem(server, shop, authorization));
      const again = await asked(() => redeem(server, shop, authorization));
      if (again.status === 200) {
        expect(first.status).toBe(503);
        expect((await refresh(server, shop, refreshTokenOf(again))).status).toBe(200);
        expect(await sessions()).toBe(before + 1);
      } else {
        expectRefused(again);
        expect(await sessions()).toBe(before);
      }
    });
  });
} else {
  it('needs PostgreSQL and Redis, which this run does not cover', () => {
    expect(process.env.TEST_STORES).not.toBe('all');
  });
}
