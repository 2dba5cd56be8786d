import { ApiKeyService } from '@sallyport/nest';
import { signRequest } from '../../apps/reference-api/src/tools/sign-request.js';
import { instanceSets, seeder, type Instance, type Instances } from '../support/instances.js';

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

  it('name the origin by which clients know the API, whatever Host says [T9]', async () => {
    const key = await issue();
    const [instance] = set.both;
    const here = signRequest({ method: 'POST', url: `${instance.url}/probe/signed`, body }, key);
    expect(await send(instance, here)).toBe(401);
    const there = signRequest({ method: 'POST', url: PUBLIC_URL, body }, key);
    expect(await send(instance, there)).toBe(201);
  });
});
