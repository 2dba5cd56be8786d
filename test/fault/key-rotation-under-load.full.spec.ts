import { setTimeout as sleep } from 'node:timers/promises';
import { SigningKeyService } from '@sallyport/nest';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify, type JWK } from 'jose';
import {
  ISSUER,
  post,
  registerClient,
  send,
  type TestClient,
} from '../support/authorization-server.js';
import { seeder, type Instance } from '../support/instances.js';
import { serverSets, type Servers } from '../support/server-sets.js';
import { TEST_AUDIENCE } from '../support/tokens.js';

const WORKERS = 4;
const ROTATIONS = 4;
/** Longer than an instance takes to see what another wrote. */
const BETWEEN_MILLISECONDS = 1_000;
const TEN_MINUTES_MILLISECONDS = 600_000;
/** RFC 7518 §6: what only the owner of a key may know. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

describe.each(serverSets)('Rotating the signing key under load, on $name', ({ open }) => {
  let servers: Servers;
  let job: TestClient;

  beforeAll(async () => {
    servers = await open();
    const grantTypes = ['client_credentials'];
    job = await registerClient(servers.both[0], 'job', { grantTypes, redirectUris: [] });
  });
  afterAll(() => servers.close());

  const publishedBy = async (server: Instance): Promise<readonly JWK[]> => {
    const { body } = await send(server, '/oauth/jwks');
    return (body as { keys: readonly JWK[] }).keys;
  };

  it('refuses no request and no valid token, and publishes nothing private [C64] [W4] [T3]', async () => {
    const [first, second] = servers.both;
    const verify = servers.both.map(({ url }) => {
      // As careful clients do: it keeps the set for long, and asks again when it meets a key that it does not know.
      const jwks = createRemoteJWKSet(new URL(`${url}/oauth/jwks`), {
        cacheMaxAge: TEN_MINUTES_MILLISECONDS,
        cooldownDuration: 0,
      });
      return (token: string) => jwtVerify(token, jwks, { issuer: ISSUER, audience: TEST_AUDIENCE });
    });
    const kids = new Set<unknown>();
    const tokens: string[] = [];
    let isOver = false;

    const work = async (): Promise<void> => {
      while (!isOver) {
        const answer = await post(servers.either, 'token', job, {
          grant_type: 'client_credentials',
        });
        expect(answer.status).toBe(200);
        const { access_token: token } = answer.body as { access_token: string };
        for (const verified of verify) await verified(token);
        const probes = [await first.probe({ token }), await second.probe({ token })];
        expect(probes).toEqual([200, 200]);
        kids.add(decodeProtectedHeader(token).kid);
        tokens.push(token);
      }
    };
    const rotate = async (): Promise<void> => {
      for (let rotation = 0; rotation < ROTATIONS; rotation += 1) {
        await sleep(BETWEEN_MILLISECONDS);
        expect(await first.get(SigningKeyService).rotateNow(seeder)).toBe(true);
        for (const server of servers.both) {
          for (const key of await publishedBy(server)) {
            expect(Object.keys(key).filter((name) => PRIVATE_MEMBERS.includes(name))).toEqual([]);
            expect(key).toMatchObject({ kid: expect.any(String), use: 'sig', alg: 'ES256' });
          }
        }
      }
      await sleep(BETWEEN_MILLISECONDS);
    };
    const rotating = rotate().finally(() => {
      isOver = true;
    });
    await Promise.all([rotating, ...Array.from({ length: WORKERS }, work)]);

    expect(kids.size).toBe(ROTATIONS + 1);
    // The first ones too, whose key has long ceased to sign.
    for (const token of [tokens.at(0) ?? '', tokens.at(-1) ?? '']) {
      for (const verified of verify) await verified(token);
      expect(await second.probe({ token })).toBe(200);
    }
    const [here, there] = [await publishedBy(first), await publishedBy(second)];
    expect(new Set(there.map(({ kid }) => kid))).toEqual(new Set(here.map(({ kid }) => kid)));
  });
});
