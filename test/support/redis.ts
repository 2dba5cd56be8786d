import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** The Redis that the test runner found; unset where only the embedded stores are covered. */
export const sharedRedisUrl = process.env.TEST_REDIS_URL;

/** Whether a test may have a Redis process of its own, to flush, stop and restart. */
export const canStartRedis =
  sharedRedisUrl !== undefined && spawnSync('redis-server', ['--version']).status === 0;

/** A key prefix that no other test uses. */
export const ownPrefix = (): string => `test:${crypto.randomUUID()}`;

/** Deletes all keys of a prefix; for the shared Redis. */
export async function dropPrefix(url: string, prefix: string): Promise<void> {
  const client = new Redis(url);
  for await (const keys of client.scanStream({ match: `*${prefix}:*`, count: 1000 })) {
    if ((keys as string[]).length > 0) await client.unlink(keys as string[]);
  }
  await client.quit();
}

export interface PrivateRedis {
  readonly url: string;
  readonly port: number;
  /** Ends the process at once; nothing is saved. */
  kill(): Promise<void>;
  /** Starts it again on the same port and directory; does nothing while it runs. */
  start(): Promise<void>;
  /** Freezes or thaws the process: it keeps its connections and answers none. */
  freeze(isFrozen: boolean): void;
  stop(): Promise<void>;
}

/** A redis-server process on a free port, in a directory of its own. End it with `stop`. */
export async function startRedis(...settings: string[]): Promise<PrivateRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-redis-'));
  const port = await freePort();
  let child: ChildProcess | null = null;

  const start = async (): Promise<void> => {
    if (child?.exitCode === null) return;
    child = spawn(
      'redis-server',
      ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory, '--save', '', ...settings],
      { stdio: 'ignore' },
    );
    await answering(port);
  };
  const kill = async (): Promise<void> => {
    const ending = child;
    child = null;
    if (ending?.exitCode !== null) return;
    const gone = once(ending, 'exit');
    ending.kill('SIGKILL');
    await gone;
  };
  await start().catch(async (error: unknown) => {
    await kill();
    throw error;
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill,
    start,
    freeze: (isFrozen) => child?.kill(isFrozen ? 'SIGSTOP' : 'SIGCONT'),
    stop: async () => {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Settings of a Cluster of one node: it still needs its slots (`CLUSTER ADDSLOTSRANGE`). */
export const clusterSettings = async (): Promise<string[]> => [
  ...['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'],
  ...['--cluster-port', `${await freePort()}`],
];

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits for any answer but "still loading": a server with a password refuses PING, but it stands. */
async function answering(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const answer = await firstAnswer(port);
    if (answer !== null && !answer.startsWith('-LOADING')) return;
    await sleep(25);
  }
  throw new Error(`redis-server did not answer on port ${port}`);
}

function firstAnswer(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const settle = (answer: string | null): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (data) => {
      settle(data.toString());
    });
    socket.once('error', () => {
      settle(null);
    });
    socket.setTimeout(500, () => {
      settle(null);
    });
  });
}
