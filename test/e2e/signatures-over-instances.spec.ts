import { generateKeyPairSync } from 'node:crypto';
import { ApiKeyService, ClientService } from '@sallyport/nest';
import { signRequest } from '../../apps/reference-api/src/tools/sign-request.js';
import { signedAsAws } from '../support/aws4-signing.js';
import { hashOf } from '../support/bound-tokens.js';
import { ProofMaker } from '../support/dpop-proof.js';
import { signed } from '../support/signed-requests.js';
import { soon } from '../support/stopwatch.js';
import { instanceSets, seeder, type Instance, type Instances } from '../support/instances.js';

const WITHIN_MILLISECONDS = 1000;
const PUBLIC_URL = 'https://api.test/probe/signed';

describe.each(instanceSets)('Signatures, $name', ({ open }) => {
  let set: Instances;
  beforeAll(async () => {
    set = await open();
  });
  afterAll(() => set.close());

  const issue = async () => {
    const key = { clientId: 'shop', name: 'k', preset: 'read', signedOnly: true } as const;
    const issued = await set.both[0].get(ApiKeyService).issue(key, seeder);
    return { id: issued.apiKey.id, secret: issued.signingSecret ?? '' };
  };
  const body = '{"a":1}';
  const send = async (instance: Instance, headers: Record<string, string>) =>
    (await instance.call('/probe/signed', { body, headers })).status;

  it('are let in once over all instances, however many come at the same time [C5] [C47] [T11]', async () => {
    const key = await issue();
    const headers = signRequest({ method: 'POST', url: PUBLIC_URL, body }, key);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => send(set.both[at % 2] ?? set.both[0], headers)),
    );
    expect(answers.sort()).toEqual([201, ...Array<number>(19).fill(401)]);
    for (const instance of set.both) expect(await send(instance, headers)).toBe(401);
    const again = signRequest({ method: 'POST', url: PUBLIC_URL, body }, key);
    expect(await send(set.both[1], again)).toBe(201);
  });

  describe('by a registered key', () => {
    const pair = () => generateKeyPairSync('ed25519');
    type Pair = ReturnType<typeof pair>;
    const register = (keys: Readonly<Record<string, Pair>>) =>
      set.both[0].get(ClientService).update('shop', { jwks: jwksOf(keys) }, seeder);
    const jwksOf = (keys: Readonly<Record<string, Pair>>) => ({
      keys: Object.entries(keys).map(([kid, { publicKey }]) => ({
        ...publicKey.export({ format: 'jwk' }),
        kid,
      })),
    });
    const signedBy = (kid: string, { privateKey }: Pair) => {
      const key = { algorithm: 'ed25519', key: privateKey } as const;
      const { headers } = signed(key, `shop/${kid}`, { target: '/probe/signed', body });
      return Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
    };
    const everywhere = async (kid: string, key: Pair) => [
      await send(set.both[0], signedBy(kid, key)),
      await send(set.both[1], signedBy(kid, key)),
    ];
    const refusedEverywhere = (kid: string, key: Pair) =>
      soon(WITHIN_MILLISECONDS, async () =>
        (await everywhere(kid, key)).every((status) => status === 401),
      );

    it('are refused everywhere at once when its client has it no longer, also under the same kid [C29]', async () => {
      const [old, next] = [pair(), pair()];
      await register({ old });
      expect(await everywhere('old', old)).toEqual([201, 201]);
      const made = signedBy('old', old);
      await register({ old, next });
      expect(await everywhere('old', old)).toEqual([201, 201]);
      await register({ next });
      expect(await send(set.both[0], made)).toBe(401);
      await refusedEverywhere('old', old);
      expect(await everywhere('next', next)).toEqual([201, 201]);
      await register({ next: old });
      await refusedEverywhere('next', next);
      expect(await everywhere('next', old)).toEqual([201, 201]);
    });
  });

  it('of AWS are let in once over all instances, too [C5] [C47]', async () => {
    const key = await issue();
    const { headers } = signedAsAws(key.id, key.secret, { target: '/probe/aws4', body });
    const sent = Object.fromEntries(headers.filter(([name]) => name !== 'host'));
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async (_, at) => {
        const instance = set.both[at % 2] ?? set.both[0];
        return (await instance.call('/probe/aws4', { body, headers: sent })).status;
      }),
    );
    expect(statuses.sort()).toEqual([201, ...Array<number>(19).fill(401)]);
  });

  it('of DPoP proofs are let in once over all instances, too [C5] [C58]', async () => {
    const [first] = set.both;
    const proofs = await ProofMaker.create();
    const claims = { sub: 'shop', client_id: 'shop', sub_type: undefined, roles: undefined };
    const token = await first.token({ ...claims, cnf: { jkt: proofs.jkt } });
    const htu = 'https://api.test/probe';
    const dpop = await proofs.proof({ htm: 'GET', htu, ath: hashOf(token) });
    const headers = { authorization: `DPoP ${token}`, dpop };
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async (_, at) => {
        const instance = set.both[at % 2] ?? first;
        return (await instance.call('/probe', { headers })).status;
      }),
    );
    expect(statuses.sort()).toEqual([200, ...Array<number>(19).fill(401)]);
  });

  it('name the origin by which clients know the API, whatever Host says [T9]', async () => {
    const key = await issue();
    const [instance] = set.both;
    const here = signRequest({ method: 'POST', url: `${instance.url}/probe/signed`, body }, key);
    expect(await send(instance, here)).toBe(401);
    const there = signRequest({ method: 'POST', url: PUBLIC_URL, body }, key);
    expect(await send(instance, there)).toBe(201);
  });
});
