import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { hasDocker, startContainer } from './docker.mjs';
import { onFreePort } from './free-port.mjs';
import { findBinary, privateDirectory, startServer, unprivileged } from './server-process.mjs';

const IMAGE = 'redis:7-alpine';

/** A Redis (or Valkey) to test on: the given one, else a private one, else one in Docker, else null. */
export async function findRedis(env) {
  const given = env.TEST_REDIS_URL ?? env.REDIS_URL;
  if (given) return { url: given, version: await versionOf(given), from: 'as given', stop() {} };

  const server = findBinary('redis-server') ?? findBinary('valkey-server');
  if (server !== null) return startPrivate(server);
  return (await hasDocker()) ? startInDocker() : null;
}

async function startPrivate(server) {
  const identity = unprivileged();
  const { directory, remove } = privateDirectory('sallyport-redis', identity);
  try {
    const password = randomBytes(24).toString('hex');
    const settings = ['bind 127.0.0.1', `dir ${directory}`, `requirepass ${password}`].concat([
      'save ""',
      'appendonly no',
      'maxmemory-policy noeviction',
    ]);
    const { url, stop } = await onFreePort(async (port) => {
      const url = urlOf(password, port);
      const stop = await startServer({
        command: server,
        args: ['-'],
        input: `${[`port ${port}`, ...settings].join('\n')}\n`,
        identity,
        cwd: directory,
        answers: () => versionOf(url),
        stopSignal: 'SIGTERM',
      });
      return { url, stop };
    });
    return {
      url,
      version: await versionOf(url),
      from: `private instance of ${server}`,
      stop: () => stop().finally(remove),
    };
  } catch (error) {
    remove();
    throw error;
  }
}

async function startInDocker() {
  const { port, stop } = await startContainer({
    image: IMAGE,
    port: 6379,
    answers: (hostPort) => versionOf(`redis://127.0.0.1:${hostPort}`),
  });
  const url = `redis://127.0.0.1:${port}`;
  return { url, version: await versionOf(url), from: `Docker, ${IMAGE}`, stop };
}

const urlOf = (password, port) => `redis://default:${password}@127.0.0.1:${port}`;

async function versionOf(url) {
  const settings = { lazyConnect: true, connectTimeout: 3000, retryStrategy: () => null };
  const client = new Redis(url, settings);
  client.on('error', () => {});
  try {
    await client.connect();
    const info = await client.info('server');
    return /^(?:valkey|redis)_version:(\S+)/m.exec(info)?.[1] ?? 'of unknown version';
  } finally {
    client.disconnect();
  }
}
