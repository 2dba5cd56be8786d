import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { parseKeyEncryptionKeys } from '../../libs/sallyport/src/sealing/sealer.js';
import { SystemClock } from '../../libs/sallyport/src/clock.js';
import { SystemRandomness } from '../../libs/sallyport/src/randomness.js';
import { pagesOf } from '../../libs/sallyport/src/revocation/revocation.list.contract.js';
import { RedisConnection } from '../../libs/sallyport/src/stores/redis/redis-connection.js';
import { RedisEphemeralRecordStore } from '../../libs/sallyport/src/stores/redis/redis-ephemeral-record.store.js';
import { RedisRateLimitStore } from '../../libs/sallyport/src/stores/redis/redis-rate-limit.store.js';
import { RedisReplayStore } from '../../libs/sallyport/src/stores/redis/redis-replay.store.js';
import { RedisRevocationList } from '../../libs/sallyport/src/stores/redis/redis-revocation.list.js';
import { RedisThrottlerStorage } from '../../libs/sallyport/src/stores/redis/redis-throttler.storage.js';
import { canStartRedis, startRedis } from '../support/redis.js';
import { readSource, root } from './source-files.js';

const compose = readSource('docker-compose.yml');

/** `${NAME:?…}`; a `$$` is a dollar sign of the container's. */
const interpolated = new Set(
  Array.from(compose.matchAll(/(?<!\$)\$\{(\w+)/g), ([, name = '']) => name),
);

const directories: string[] = [];
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

function emptyDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-compose-'));
  directories.push(directory);
  return directory;
}

function composeInit(directory: string, ...args: string[]) {
  const script = join(root, 'tools/compose-init.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd: directory,
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

const envFile = (directory: string) => readFileSync(join(directory, '.env'), 'utf8');

const readEnv = (directory: string): Record<string, string> =>
  Object.fromEntries(
    envFile(directory)
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

describe('npm run compose:init', () => {
  it('writes every secret that docker-compose.yml asks for, and nothing else [C18]', () => {
    const directory = emptyDirectory();
    expect(composeInit(directory).status).toBe(0);
    expect(new Set(Object.keys(readEnv(directory)))).toEqual(interpolated);
  });

  it('writes them for their owner alone, and prints none [C18]', () => {
    const directory = emptyDirectory();
    const { output } = composeInit(directory);
    expect(statSync(join(directory, '.env')).mode & 0o777).toBe(0o600);
    for (const secret of Object.values(readEnv(directory))) expect(output).not.toContain(secret);
  });

  it('makes them by chance, 256 bits each, of characters that a URL takes as they are', () => {
    const [one, two] = [emptyDirectory(), emptyDirectory()];
    composeInit(one);
    composeInit(two);
    const [first, second] = [readEnv(one), readEnv(two)];
    const passwords = ['POSTGRES_PASSWORD', 'POSTGRES_APP_PASSWORD', 'REDIS_PASSWORD'] as const;
    for (const name of passwords) {
      expect(first[name]).toMatch(/^[\w-]{43}$/);
      expect(first[name]).not.toBe(second[name]);
    }
    expect(new Set(Object.values(first)).size).toBe(Object.keys(first).length);
    expect(parseKeyEncryptionKeys(first.SALLYPORT_KEK ?? '')).toHaveLength(1);
    const hash = createHash('sha256')
      .update(first.REDIS_PASSWORD ?? '')
      .digest('hex');
    expect(first.REDIS_PASSWORD_SHA256).toBe(hash);
  });

  it('leaves a file alone that is there, unless it is forced', () => {
    const directory = emptyDirectory();
    const file = join(directory, '.env');
    writeFileSync(file, 'MINE=1\n', { mode: 0o644 });
    const refused = composeInit(directory);
    expect(refused.status).toBe(1);
    expect(refused.output).toContain('--force');
    expect(envFile(directory)).toBe('MINE=1\n');

    expect(composeInit(directory, '--force').status).toBe(0);
    expect(envFile(directory)).not.toContain('MINE');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('docker-compose.yml', () => {
  /** The text of each service by its name: lines that are indented below it. */
  const services = new Map(
    Array.from(
      section('services').matchAll(/^ {2}([\w-]+):(.*\n(?:(?: {4}.*)?\n)*)/gm),
      ([, name = '', text = '']) => [name, text] as const,
    ),
  );

  function section(name: string): string {
    return new RegExp(`^${name}:\\n((?:(?: .*)?\\n)*)`, 'm').exec(compose)?.[1] ?? '';
  }

  it('has PostgreSQL, Redis, two instances of the API and a proxy', () => {
    expect([...services.keys()].sort()).toEqual(['api-1', 'api-2', 'postgres', 'proxy', 'redis']);
    expect(services.get('api-1')?.trim()).toBe('*api');
    expect(services.get('api-2')?.trim()).toBe('*api');
  });

  it('holds no secret: each comes from the environment, and its absence stops the start [C18]', () => {
    const settings = compose.matchAll(/^ +\w*(?:PASSWORD|SECRET|KEK|AUTH): (.*)$/gm);
    const inUrls = compose.matchAll(/:\/\/\w+:(.*?)@/g);
    const given = [...settings, ...inUrls].map(([, value = '']) => value);
    expect(given).toHaveLength(6);
    for (const value of given) expect(value).toMatch(/^\$\{\w+:\?[^{}]+\}$/);
    const lenient = compose.matchAll(/(?<!\$)\$\{\w+(?!\w*:\?)/g);
    expect(Array.from(lenient, ([text]) => text)).toEqual([]);
  });

  it('publishes a port of the proxy alone, and on loopback', () => {
    const published = [...services].filter(([, text]) => /^ {4}ports:/m.test(text));
    expect(published.map(([name]) => name)).toEqual(['proxy']);
    expect(compose.match(/ports:.*/g)).toEqual(["ports: ['127.0.0.1:8443:8443']"]);
    expect(compose).not.toMatch(/network_mode|privileged: true/);
  });

  it('keeps the stores on a network that leads nowhere, which the proxy is not on', () => {
    const networksOf = (name: string) =>
      /^ {4}networks: \[(.*)\]$/m.exec(services.get(name) ?? '')?.[1]?.split(', ');
    expect(networksOf('postgres')).toEqual(['back']);
    expect(networksOf('redis')).toEqual(['back']);
    expect(networksOf('proxy')).toEqual(['edge', 'front']);
    expect(section('networks')).toMatch(/^ {2}back:\n {4}internal: true$/m);
  });

  it('trusts as proxies the network that the proxy is on, and no other [T9]', () => {
    const trusted = /TRUSTED_PROXIES: (\S+)/.exec(compose)?.[1];
    expect(trusted).toBeDefined();
    expect(section('networks')).toContain(
      `front:\n    internal: true\n    ipam: { config: [{ subnet: ${trusted} }] }`,
    );
  });

  it('runs the API as production: no variable switches development on', () => {
    expect(compose).not.toContain('SALLYPORT_ENV');
    expect(readSource('Dockerfile')).not.toContain('SALLYPORT_ENV');
    expect(readSource('Dockerfile')).toMatch(/^USER node$/m);
  });
});

if (canStartRedis) {
  describe('The Redis user of docker-compose.yml', () => {
    it('has the rights that docs/deployment.md names', () => {
      const rights = serverArguments().slice(serverArguments().indexOf('resetchannels') + 1);
      expect(readSource('docs/deployment.md')).toContain(`\`${rights.join(' ')}\``);
    });

    const password = 'only-for-this-test';
    const hash = createHash('sha256').update(password).digest('hex');

    it('may do all that the stores do, and nothing to keys of others [C18]', async () => {
      const redis = await startRedis(...serverArguments());
      const url = redis.url.replace('//', `//sallyport:${password}@`);
      const connection = new RedisConnection({ url });
      const client = new Redis(url, { retryStrategy: () => null });
      try {
        await connection.open();
        const randomness = new SystemRandomness();
        const list = new RedisRevocationList(connection, randomness, new SystemClock());
        await list.rebuild(pagesOf([]), 60);
        await list.publish([{ key: 'token a', epoch: 1, revokedAt: null }], 60);
        expect(await list.check(['token a'])).toEqual([{ epoch: 1, revokedAt: null }]);

        const demand = { group: 'g', policy: 'client', tracker: 't', limit: 1, windowSeconds: 60 };
        const [decision] = await new RedisRateLimitStore(connection).consume([demand]);
        expect(decision?.allowed).toBe(true);
        const storage = new RedisThrottlerStorage(connection, new SystemClock());
        await storage.increment('key', 60_000, 5, 0, 'default');
        const records = new RedisEphemeralRecordStore(connection);
        await records.put('kind', 'one', 'value', 60);
        expect(await records.get('kind', 'one')).toBe('value');
        await records.delete('kind', 'one');
        await records.put('kind', 'two', 'value', 60);
        expect(await new RedisReplayStore(connection).claim('kind', 'id', 60)).toBe(true);
        const [, keys] = await client.scan('0', 'COUNT', 1000);
        const parts = [
          '{sallyport:rev}:',
          ...['rl', 'th', 'er', 'once'].map((part) => `sallyport:${part}:`),
        ];
        for (const part of parts) {
          expect(keys.some((key) => key.startsWith(part))).toBe(true);
        }

        for (const command of [['GET', 'of-another-app'], ['FLUSHALL'], ['CONFIG', 'GET', '*']]) {
          const [name = '', ...rest] = command;
          await expect(client.call(name, ...rest)).rejects.toThrow('NOPERM');
        }
        const anonymous = new Redis(redis.url, { retryStrategy: () => null });
        anonymous.on('error', () => undefined);
        await expect(anonymous.get('sallyport:x')).rejects.toThrow();
        anonymous.disconnect();
      } finally {
        connection.close();
        client.disconnect();
        await redis.stop();
      }
    });

    /** What follows `redis-server` in the file, with a password for this test. */
    function serverArguments(): string[] {
      const [, list = ''] = /\[\s+redis-server,([^\]]*)\]/.exec(compose) ?? [];
      return list
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '')
        .map((item) => (item.startsWith("'") ? item.slice(1, -1) : item))
        .map((item) => (item.includes('REDIS_PASSWORD_SHA256') ? `#${hash}` : item));
    }
  });
}
