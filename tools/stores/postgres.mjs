import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { hasDocker, startContainer } from './docker.mjs';
import { onFreePort } from './free-port.mjs';
import { findBinary, privateDirectory, startServer, unprivileged } from './server-process.mjs';

const IMAGE = 'postgres:17-alpine';

/** A PostgreSQL to test on: the given one, else a private one, else one in Docker, else null. */
export async function findPostgres(env) {
  const given = env.TEST_DATABASE_URL ?? env.DATABASE_URL;
  if (given) return { url: given, version: await versionOf(given), from: 'as given', stop() {} };

  const initdb = findBinary('initdb', debianDirectories());
  if (initdb !== null) return startPrivate(dirname(initdb));
  return (await hasDocker()) ? startInDocker() : null;
}

/** Debian keeps its versions off PATH; newest first. */
function debianDirectories() {
  const root = '/usr/lib/postgresql';
  try {
    const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
    return versions.map((version) => join(root, version, 'bin'));
  } catch {
    return [];
  }
}

async function startPrivate(binaries) {
  const identity = unprivileged();
  const { directory, remove } = privateDirectory('sallyport-postgres', identity);
  try {
    const password = randomBytes(24).toString('hex');
    const passwordFile = join(directory, 'password');
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (identity.uid !== undefined) chownSync(passwordFile, identity.uid, identity.gid);

    const data = join(directory, 'data');
    await promisify(execFile)(
      join(binaries, 'initdb'),
      [
        `--pgdata=${data}`,
        '--username=postgres',
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
      ].concat(['--encoding=UTF8', '--locale=C', '--no-sync']),
      { ...identity, cwd: directory },
    );
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=']
      .concat(['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'])
      .concat(['max_connections=200', 'shared_buffers=64MB']);
    const { url, stop } = await onFreePort(async (port) => {
      const url = urlOf(password, port);
      const all = [`port=${port}`, ...settings];
      const stop = await startServer({
        command: join(binaries, 'postgres'),
        args: ['-D', data, ...all.flatMap((setting) => ['-c', setting])],
        identity,
        cwd: directory,
        answers: () => versionOf(url),
        stopSignal: 'SIGINT',
      });
      return { url, stop };
    });
    return {
      url,
      version: await versionOf(url),
      from: `private instance of ${binaries}`,
      stop: () => stop().finally(remove),
    };
  } catch (error) {
    remove();
    throw error;
  }
}

async function startInDocker() {
  const password = randomBytes(24).toString('hex');
  const { port, stop } = await startContainer({
    image: IMAGE,
    port: 5432,
    env: { POSTGRES_PASSWORD: password },
    command: ['-c', 'fsync=off', '-c', 'max_connections=200'],
    answers: (hostPort) => versionOf(urlOf(password, hostPort)),
  });
  const url = urlOf(password, port);
  return { url, version: await versionOf(url), from: `Docker, ${IMAGE}`, stop };
}

const urlOf = (password, port) => `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;

async function versionOf(url) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3000 });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query('SHOW server_version');
    return rows[0].server_version.split(' ')[0];
  } finally {
    await client.end().catch(() => {});
  }
}
