import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiKeyService } from '@sallyport/nest';
import { createReferenceApi } from '../app.factory.js';
import { readConfig } from '../config.js';
import {
  demoCredentialsFile,
  readDemoCredentials,
  type DemoCredentials,
} from './demo-credentials.js';
import { DemoSeed } from './demo-seed.js';

describe('DemoSeed', () => {
  let dataDir: string;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'demo-seed-'));
  });

  afterAll(() => rm(dataDir, { recursive: true }));

  /** Starts the app on the data directory, does something, stops it, and returns what it then has for the developer. */
  async function start(
    work?: (apiKeys: ApiKeyService) => Promise<unknown>,
  ): Promise<DemoCredentials> {
    const config = readConfig({
      SALLYPORT_ENV: 'development',
      DATA_DIR: dataDir,
      LOG_LEVEL: 'silent',
    });
    const app = await createReferenceApi({ adapter: 'express', config });
    try {
      await work?.(app.get(ApiKeyService));
    } finally {
      await app.close();
    }
    const credentials = await readDemoCredentials(dataDir);
    if (credentials === null) throw new Error('no file');
    return credentials;
  }

  it('writes its secrets for their owner alone, and keeps them over a restart [C18]', async () => {
    const first = await start();
    expect(first.apiKeys.map((key) => key.client_id)).toEqual([
      'backoffice-web',
      'nightly-job',
      'operator',
    ]);
    expect(first.users.map((user) => user.username)).toEqual(['alice', 'bob', 'carol']);
    expect((await stat(demoCredentialsFile(dataDir))).mode & 0o777).toBe(0o600);
    expect(await start()).toEqual(first);
  });

  it('replaces a key that was revoked, and no other', async () => {
    const before = await start(async (apiKeys) => {
      const { apiKeys: keys = [] } = (await readDemoCredentials(dataDir)) ?? {};
      await apiKeys.revoke(keys[1]?.id ?? '', { actor: 'test' });
    });
    const { apiKeys } = await start();
    expect(apiKeys[0]).toEqual(before.apiKeys[0]);
    expect(apiKeys[1]).not.toEqual(before.apiKeys[1]);
    expect(apiKeys[2]).toEqual(before.apiKeys[2]);
  });

  it('issues new keys for the same users when its file is lost', async () => {
    const before = await start();
    await rm(demoCredentialsFile(dataDir));
    const after = await start();
    expect(after.users).toEqual(before.users);
    expect(after.apiKeys[0]?.key).not.toBe(before.apiKeys[0]?.key);
  });

  it('refuses production', () => {
    const { isDevelopment, ...config } = readConfig({ SALLYPORT_ENV: 'development' });
    const parts = [{ ...config, isDevelopment: !isDevelopment }] as unknown;
    expect(() => new DemoSeed(...(parts as ConstructorParameters<typeof DemoSeed>))).toThrow(
      'for development only',
    );
  });
});
