import { setTimeout as sleep } from 'node:timers/promises';
import { ClientService, ConsentService, SessionService, type UserId } from '@sallyport/nest';
import {
  Browser,
  grantRole,
  ISSUER,
  refresh,
  registerClient,
  type HttpAnswer,
  type TestClient,
} from '../support/authorization-server.js';
import { accessTokenOf, expectTokenDies, refreshTokenOf, successful } from '../support/families.js';
import { seeder, type Instance } from '../support/instances.js';
import { answered, patiently } from '../support/patience.js';
import { serverSets, type Servers } from '../support/server-sets.js';

const SUBJECTS = ['alice', 'bob', 'carol'];
const RACES = 30;
/** With each of them at once: ten are enough where nobody is told to come again. */
const MOST_ROUNDS = 20;
const LONGEST_HEAD_START_MILLISECONDS = 100;

type Tokens = Pick<HttpAnswer, 'body'>;

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

    const signIn = async (subject: string): Promise<{ family: Family; given: Tokens }> => {
      names += 1;
      const clientId = `${what.replaceAll(' ', '-')}-${String(names)}`;
      const client = await registerClient(servers.both[0], clientId, { isThirdParty: true });
      const given = { body: await new Browser(servers.either, subject).login(client) };
      const user = { issuer: ISSUER, subject };
      return { family: { user, client, gid: gidOf(accessTokenOf(given)) }, given };
    };

    /** Whether both sides were heard at once: whoever is told to come again was not in the race. */
    const race = async (subject: string): Promise<boolean> => {
      const { family, given } = await patiently(() => signIn(subject));
      const { client } = family;
      const [, second] = servers.both;

      const headStart = () => sleep(Math.random() * LONGEST_HEAD_START_MILLISECONDS);
      const refreshTwice = async (): Promise<readonly HttpAnswer[]> => {
        await headStart();
        const next = await refresh(servers.either, client, refreshTokenOf(given));
        if (next.status !== 200) return [next];
        return [next, await refresh(servers.either, client, refreshTokenOf(next))];
      };
      let tries = 0;
      const endIt = async (): Promise<void> => {
        await headStart();
        await patiently(() => {
          tries += 1;
          return end(second, family);
        });
      };
      const [answers] = await Promise.all([refreshTwice(), endIt()]);
      for (const { status } of answers) expect([200, 400, 401, 503]).toContain(status);

      const descendants = [given, ...successful(answers)];
      for (const one of descendants) await expectTokenDies(servers, accessTokenOf(one));
      for (const one of descendants) {
        for (const server of servers.both) {
          const again = await answered(() => refresh(server, client, refreshTokenOf(one)));
          expect([400, 401]).toContain(again.status);
        }
      }
      return tries === 1 && answers.every(({ status }) => status !== 503);
    };

    it('is dead, thirty times [C66] [T2]', async () => {
      let races = 0;
      for (let rounds = 0; races < RACES; rounds += 1) {
        expect(rounds).toBeLessThan(MOST_ROUNDS);
        const held = await Promise.all(SUBJECTS.map(race));
        races += held.filter(Boolean).length;
      }
    });
  });
});
