import { embeddedStores, startReferenceApi, type RunningApi } from '../support/reference-api.js';

describe('Usage in the reference API', () => {
  let api: RunningApi;
  beforeAll(async () => {
    api = await startReferenceApi('express', embeddedStores);
  });
  afterAll(() => api.close());

  it('is described, with everything that may be asked [C40]', async () => {
    const { body } = await api.call('/docs/openapi.json');
    const named = (path: string): string[] =>
      (body.paths[path].get.parameters as { name: string }[]).map(({ name }) => name);
    expect(named('/admin/usage')).toEqual(
      expect.arrayContaining(['from', 'to', 'granularity', 'groupBy', 'clientId', 'after']),
    );
    expect(named('/admin/usage/export')).toContain('format');
  });

  it('is answered to the operator', async () => {
    const query = 'from=2030-01-01T00:00:00Z&to=2030-01-02T00:00:00Z&groupBy=route';
    const { status, body } = await api.call(`/admin/usage?${query}`, { key: api.key('operator') });
    expect(status).toBe(200);
    expect(body.rows).toEqual([]);
  });
});
