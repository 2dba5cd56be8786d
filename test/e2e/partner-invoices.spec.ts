import { signRequest } from '../../apps/reference-api/src/tools/sign-request.js';
import { createClient, type Client } from '@sallyport/client';
import { matrix, startReferenceApi, type RunningApi } from '../support/reference-api.js';

const PATH = '/v1/partner/invoices';
const invoice = { department: 'Sales', amountCents: 4200, currency: 'EUR' };

describe.each(matrix)('Signed invoices of a partner, $name', ({ adapter, stores }) => {
  let api: RunningApi;
  beforeAll(async () => {
    api = await startReferenceApi(adapter, stores);
  });
  afterAll(() => api.close());

  const keyOf = (clientId: string) => {
    const key = api.demo.apiKeys.find(({ client_id: owner }) => owner === clientId);
    return { id: key?.id ?? '', secret: key?.signing_secret ?? '' };
  };
  const sign = (body: object, key = keyOf('partner')) =>
    signRequest({ method: 'POST', url: `${api.demo.api}${PATH}`, body: JSON.stringify(body) }, key);
  const post = (headers: Record<string, string>, body: object = invoice) =>
    api.call(PATH, { method: 'POST', headers, body });
  const count = async () => {
    const { body } = await api.call('/v1/invoices', { key: api.key('backoffice-web') });
    return body.total as number;
  };

  it('are taken once each, and only as they were signed [C46] [C47] [C5]', async () => {
    const before = await count();
    const headers = sign(invoice);
    const created = await post(headers);
    expect(created.body).toMatchObject({ ...invoice, createdBy: 'client:partner' });
    expect(created.status).toBe(201);
    const refusals = [
      await post(headers),
      await post(sign(invoice), { ...invoice, amountCents: 4201 }),
      await post(sign(invoice, { ...keyOf('partner'), id: keyOf('nightly-job').id })),
      await post({}),
      await api.call(PATH, { method: 'POST', key: api.key('partner'), body: invoice }),
      await api.call(PATH, { method: 'POST', key: api.key('backoffice-web'), body: invoice }),
    ];
    expect(refusals.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401]);
    expect(await count()).toBe(before + 1);
  });

  it('are checked as every invoice is', async () => {
    const { department: _department, ...rest } = invoice;
    expect((await post(sign(rest), rest)).status).toBe(400);
    const wrong = { ...invoice, amountCents: 'many' };
    expect((await post(sign(wrong), wrong)).status).toBe(400);
  });

  it('are encrypted where nobody on the way may read them, and checked all the same [C8]', async () => {
    const { id: keyId, secret } = keyOf('partner');
    const at = { origin: api.demo.api, signature: { keyId, secret } };
    const send = (client: Client, body: object) =>
      client.fetch(`${PATH}/encrypted`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const encrypting = createClient({ ...at, encryptedBodies: {} });
    const before = await count();
    const created = await send(encrypting, invoice);
    expect(created.status).toBe(201);
    expect(await created.json()).toMatchObject({ ...invoice, createdBy: 'client:partner' });
    const wrong = await send(encrypting, { ...invoice, amountCents: 'many', isAdmin: true });
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toMatchObject({
      detail: expect.stringContaining('amountCents') as unknown,
    });
    expect((await send(createClient(at), invoice)).status).toBe(415);
    expect(await count()).toBe(before + 1);
  });
});
