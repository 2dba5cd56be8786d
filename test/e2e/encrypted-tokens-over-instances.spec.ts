import { EncryptionKeyService } from '@sallyport/nest';
import { decodeProtectedHeader } from 'jose';
import { registerClient, type TestClient } from '../support/authorization-server.js';
import { seeder, type Instance } from '../support/instances.js';
import { clientCredentials } from '../support/oauth-answers.js';
import { answered } from '../support/patience.js';
import { serverSets, type Servers } from '../support/server-sets.js';
import { soon } from '../support/stopwatch.js';

const WITHIN_MILLISECONDS = 1500;

describe.each(serverSets)('Encrypted access tokens on $name', ({ open }) => {
  let servers: Servers;
  let shop: TestClient;
  let first: Instance;
  let second: Instance;
  beforeAll(async () => {
    servers = await open({ encryptAccessTokens: true }, { encryptedTokens: 'required' });
    [first, second] = servers.both;
    const fields = { grantTypes: ['client_credentials' as const], redirectUris: [] };
    shop = await registerClient(first, 'shop', fields);
  });
  afterAll(() => servers.close());

  const newToken = async (server: Pick<Instance, 'url'>): Promise<string> => {
    const { status, body } = await answered(() => clientCredentials(server, shop));
    expect(status).toBe(200);
    return body.access_token as string;
  };
  const kidOf = (token: string) => decodeProtectedHeader(token).kid ?? '';
  const everywhere = (token: string) =>
    Promise.all(servers.both.map((instance) => instance.probe({ token })));

  it('are encrypted to one key, whoever made it, and read by all [C61]', async () => {
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, index) => newToken(index % 2 === 0 ? first : second)),
    );
    expect(new Set(tokens.map(kidOf)).size).toBe(1);
    for (const token of tokens) expect(await everywhere(token)).toEqual([200, 200]);
  });

  it('are read by all while one instance rotates the key again and again [W4] [C64]', async () => {
    const used = new Set<string>();
    const refused: number[] = [];
    let isOver = false;
    const load = [first, second, first, second].map(async (server, index) => {
      while (!isOver) {
        const token = await newToken(server);
        used.add(kidOf(token));
        // At once, at the other one.
        const status = await (index % 2 === 0 ? second : first).probe({ token });
        if (status !== 200) refused.push(status);
      }
    });
    for (let rotation = 1; rotation <= 3; rotation += 1) {
      await soon(10_000, async () => used.size >= rotation);
      expect(await first.get(EncryptionKeyService).rotateNow(seeder)).toBe(true);
      const { kid } = (await first.get(EncryptionKeyService).current()) ?? {};
      // Until then the other one goes on with the key before, which all still have.
      await soon(10_000, async () => kidOf(await newToken(second)) === kid);
    }
    await soon(10_000, async () => used.size >= 4);
    isOver = true;
    await Promise.all(load);
    expect(refused).toEqual([]);
  });

  it('are refused by all within a second once their key is revoked, and others are given', async () => {
    const token = await newToken(second);
    expect(await everywhere(token)).toEqual([200, 200]);
    expect(await first.get(EncryptionKeyService).revoke(kidOf(token), seeder)).toBe(true);
    await soon(WITHIN_MILLISECONDS, async () =>
      (await everywhere(token)).every((status) => status === 401),
    );
    await soon(WITHIN_MILLISECONDS, async () => kidOf(await newToken(second)) !== kidOf(token));
    expect(await everywhere(await newToken(second))).toEqual([200, 200]);
  });
});
