import { setTimeout as sleep } from 'node:timers/promises';
import { ClientService, ConsentService, SessionService, type UserId } from '@sallyport/nest';
import {
  Browser,
  grantRole,
  ISSUER,
  redeem,
  refresh,
  registerClient,
  type HttpAnswer,
  type TestClient,
} from '../support/authorization-server.js';
import { accessTokenOf, expectTokenDies, refreshTokenOf, successful } from '../support/families.js';
import { seeder, type Instance } from '../support/instances.js';
import { serverSets, type Servers } from '../support/server-sets.js';

const SUBJECTS = ['alice', 'bob', 'carol'];
/** With each of them at once. */
const ROUNDS = 10;
const LONGEST_HEAD_START_MILLISECONDS = 100;

interface Family {
  readonly user: UserId;
  readonly client: TestClient;
  readonly gid: string;
}

/** What ends a family, by somebody who knows nothing of the refresh that is under way. */
const ends: readonly {
  readonly what: string;
  readonly end: (server: Instance, family: Family) => Promise<unknown>;
}[] = [
  {
    what: 'the end of its session',
    end: (server, { user, gid }) => server.get(SessionService).end(user, gid, seeder),
  },
  {
    what: 'a new password',
    end: (server, { user }) => server.get(SessionService).endAll(user, seeder),
  },
  {
    what: 'a disabled client',
    end: (server, { client }) => server.get(ClientService).disable(client.clientId, seeder),
  },
  {
    what: 'consent that is withdrawn',
    end: (server, { user, client }) =>
      server.get(ConsentService).withdraw(user, client.clientId, seeder),
  },
];

const gidOf = (token: string): string =>
  (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { gid: string })
    .gid;

describe.each(serverSets)('$name', ({ open }) => {
  let servers: Servers;

  beforeAll(async () => {
    servers = await open();
    for (const subject of SUBJECTS) await grantRole(servers.both[0], subject);
  });
  afterAll(() => servers.close());

  describe.each(ends)('whatever a refresh gives at the moment of $what', ({ what, end }) => {
    let names = 0;

    const race = async (subject: string): Promise<void> => {
      const [first, second] = servers.both;
      names += 1;
      const clientId = `${what.replaceAll(' ', '-')}-${String(names)}`;
      const client = await registerClient(first, clientId, { isThirdParty: true });
      const browser = new Browser(servers.either, subject);
      const authorization = await browser.authorize(client);
      const given = await redeem(servers.either, client, authorization);
      expect(given.status).toBe(200);
      const user = { issuer: ISSUER, subject };
      const family = { user, client, gid: gidOf(accessTokenOf(given)) };

      const headStart = () => sleep(Math.random() * LONGEST_HEAD_START_MILLISECONDS);
      const refreshTwice = async (): Promise<readonly HttpAnswer[]> => {
        await headStart();
        const next = await refresh(servers.either, client, refreshTokenOf(given));
        if (next.status !== 200) return [next];
        return [next, await refresh(servers.either, client, refreshTokenOf(next))];
      };
      const [answers] = await Promise.all([
        refreshTwice(),
        headStart().then(() => end(second, family)),
      ]);
      for (const { status } of answers) expect([200, 400, 401]).toContain(status);

      const descendants = [given, ...successful(answers)];
      for (const one of descendants) await expectTokenDies(servers, accessTokenOf(one));
      for (const one of descendants) {
        for (const server of servers.both) {
          const { status } = await refresh(server, client, refreshTokenOf(one));
          expect([400, 401]).toContain(status);
        }
      }
    };

    it('is dead, thirty times [C66] [T2]', async () => {
      for (let round = 0; round < ROUNDS; round += 1) await Promise.all(SUBJECTS.map(race));
    });
  });
});
