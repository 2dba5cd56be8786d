import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { ApiKeyService, ClientSecretService } from '@sallyport/nest';
import { DataSource } from 'typeorm';
import { createReferenceApi } from '../app.factory.js';
import { readConfig } from '../config.js';
import { AppUserDirectory } from '../users/user-directory.js';
import { UserEntity } from '../users/user.entity.js';
import {
  demoCredentialsFile,
  readDemoCredentials,
  type DemoCredentials,
} from './demo-credentials.js';
import { DemoSeed } from './demo-seed.js';

const BY = { actor: 'test' };

const withSecret = ({ clients }: DemoCredentials) =>
  clients.filter((client) => client.client_secret !== undefined).map((client) => client.client_id);

const secretIn = ({ clients }: DemoCredentials, clientId: string): string =>
  clients.find((client) => client.client_id === clientId)?.client_secret ?? '';

describe('DemoSeed', () => {
  let dataDir: string;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'demo-seed-'));
  });

  afterAll(() => rm(dataDir, { recursive: true }));

  /** Starts the app on the data directory, does something, stops it, and returns what it then has for the developer. */
  async function start(
    work?: (app: INestApplication, known: DemoCredentials) => Promise<unknown>,
  ): Promise<DemoCredentials> {
    const config = readConfig({
      SALLYPORT_ENV: 'development',
      DATA_DIR: dataDir,
      LOG_LEVEL: 'silent',
    });
    const app = await createReferenceApi({ adapter: 'express', config });
    try {
      const credentials = await readDemoCredentials(dataDir);
      if (credentials === null) throw new Error('no file');
      await work?.(app, credentials);
      return credentials;
    } finally {
      await app.close();
    }
  }

  it('writes its secrets for their owner alone, and keeps them over a restart [C18]', async () => {
    const first = await start();
    expect(first.apiKeys.map((key) => key.client_id)).toEqual([
      'backoffice-web',
      'nightly-job',
      'partner',
      'operator',
    ]);
    expect(first.users.map((user) => user.username)).toEqual(['alice', 'bob', 'carol']);
    expect(first.issuer).toBe(`${first.api}/oauth`);
    const secrets = [...first.clients.map((client) => client.client_secret ?? '')];
    expect(withSecret(first)).toEqual(['backoffice-web', 'nightly-job', 'gateway']);
    secrets.push(
      ...first.users.map((user) => user.password),
      ...first.apiKeys.map((key) => key.key),
      ...first.apiKeys.map((key) => key.signing_secret ?? ''),
    );
    expect(secrets.filter((secret) => secret.length >= 20)).toHaveLength(11);
    expect((await stat(demoCredentialsFile(dataDir))).mode & 0o777).toBe(0o600);
    expect(await start()).toEqual(first);
  });

  it('replaces a key that was revoked, and no other', async () => {
    const before = await start(async (app, { apiKeys: keys }) => {
      await app.get(ApiKeyService).revoke(keys[1]?.id ?? '', BY);
    });
    const { apiKeys } = await start();
    expect(apiKeys[0]).toEqual(before.apiKeys[0]);
    expect(apiKeys[1]).not.toEqual(before.apiKeys[1]);
    expect(apiKeys[2]).toEqual(before.apiKeys[2]);
  });

  it('replaces a client secret that was revoked, and no other', async () => {
    const before = await start(async (app, known) => {
      const secrets = app.get(ClientSecretService);
      const secret = await secrets.verify('gateway', secretIn(known, 'gateway'));
      await secrets.revoke(secret?.id ?? '', BY);
    });
    const { clients } = await start();
    const changed = clients.filter(
      ({ client_secret: secret }, index) => secret !== before.clients[index]?.client_secret,
    );
    expect(changed.map((client) => client.client_id)).toEqual(['gateway']);
  });

  it('replaces a password that is not the user’s any more, and no other', async () => {
    const before = await start(async (app, { users }) => {
      const [alice, bob] = users;
      const repository = app.get(DataSource).getRepository(UserEntity);
      const { passwordHash } = await repository.findOneByOrFail({ subject: bob?.sub ?? '' });
      await repository.update({ subject: alice?.sub ?? '' }, { passwordHash });
    });
    const { users } = await start(async (app, { users: [alice] }) => {
      const { username = '', password = '' } = alice ?? {};
      const directory = app.get(AppUserDirectory);
      const signedIn = { subject: alice?.sub, amr: ['pwd'] };
      expect(await directory.authenticate({ username, password })).toEqual(signedIn);
    });
    expect(users[0]?.password).not.toBe(before.users[0]?.password);
    expect(users.slice(1)).toEqual(before.users.slice(1));
  });

  it('makes new secrets for the same users and apps when its file is lost', async () => {
    const before = await start();
    await rm(demoCredentialsFile(dataDir));
    const after = await start(async (app, known) => {
      const isGood = async (text: string) =>
        (await app.get(ClientSecretService).verify('nightly-job', text)) !== null;
      expect(await isGood(secretIn(before, 'nightly-job'))).toBe(false);
      expect(await isGood(secretIn(known, 'nightly-job'))).toBe(true);
    });
    expect(after.users.map((user) => user.sub)).toEqual(before.users.map((user) => user.sub));
    for (const [index, { password }] of after.users.entries()) {
      expect(password).not.toBe(before.users[index]?.password);
    }
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
