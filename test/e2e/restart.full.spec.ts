import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReferenceApi } from '../../apps/reference-api/src/app.factory.js';
import { readConfig, type Adapter } from '../../apps/reference-api/src/config.js';
import { readDemoCredentials } from '../../apps/reference-api/src/seed/demo-credentials.js';
import { freePort } from '../../tools/stores/free-port.mjs';
import { LoginDriver } from '../../apps/reference-api/src/tools/login-driver.js';
import { call, type CallOptions } from '../support/reference-api.js';

describe('A restart of the reference API', () => {
  let dataDir: string;
  let port: number;
  beforeEach(async () => {
    port = await freePort();
    dataDir = await mkdtemp(join(tmpdir(), 'no-session-'));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  type Call = (path: string, options?: CallOptions) => ReturnType<typeof call>;
  const during = async (adapter: Adapter, work: (call: Call) => Promise<void>): Promise<void> => {
    const config = readConfig({
      SALLYPORT_ENV: 'development',
      LOG_LEVEL: 'silent',
      DATA_DIR: dataDir,
      PORT: String(port),
    });
    const app = await createReferenceApi({ adapter, config });
    try {
      await app.listen(port, '127.0.0.1');
      const url = await app.getUrl();
      await work((path, options = {}) => call(`${url}${path}`, options));
    } finally {
      await app.close();
    }
  };
  const token = async (user: string) => {
    const demo = await readDemoCredentials(dataDir);
    if (demo === null) throw new Error('the demo was not seeded');
    return (await new LoginDriver(demo).token({ client: 'mobile-app', user })).access_token;
  };

  it('ends no session, for there is none: good stays good, revoked stays revoked [C51]', async () => {
    let good = '';
    let revoked = '';
    await during('express', async (request) => {
      [good, revoked] = [await token('alice'), await token('bob')];
      expect((await request('/v1/me', { token: good })).status).toBe(200);
      expect((await request('/v1/me', { token: revoked })).status).toBe(200);
      const demo = await readDemoCredentials(dataDir);
      const operator = demo?.apiKeys.find((key) => key.client_id === 'operator')?.key ?? '';
      const { jti } = JSON.parse(
        Buffer.from(revoked.split('.')[1] ?? '', 'base64url').toString(),
      ) as { jti: string };
      const body = { kind: 'token', id: jti };
      const ended = await request('/admin/revocations', { method: 'POST', key: operator, body });
      expect(ended.status).toBe(204);
    });
    await during('fastify', async (request) => {
      expect((await request('/v1/me', { token: good })).status).toBe(200);
      expect((await request('/v1/me', { token: revoked })).status).toBe(401);
    });
  });
});
