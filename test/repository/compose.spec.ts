import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseKeyEncryptionKeys } from '../../libs/sallyport/src/sealing/sealer.js';
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

/** The user's line of the sample, behind its password. */
const rightsOf = (acl: string): string =>
  /^user sallyport on #SHA256_OF_THE_PASSWORD_IN_HEX (.+)$/m.exec(acl)?.[1] ?? '';

describe('The Redis user of docker-compose.yml', () => {
  it('has the rights that deploy/redis/users.acl and docs/deployment.md name [C16]', () => {
    const [, list = ''] = /\[\s+redis-server,([^\]]*)\]/.exec(compose) ?? [];
    const items = list.split(',').map((item) => item.trim().replace(/^'|'$/g, ''));
    const rights = items.slice(items.indexOf('resetchannels')).join(' ').trim();
    expect(rights).toBe(rightsOf(readSource('deploy/redis/users.acl')));
    expect(readSource('docs/deployment.md')).toContain(`\`${rights}\``);
  });
});
