import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onFreePort } from '../../tools/stores/free-port.mjs';

/** Far more than it takes on any machine: only a server that never starts comes near it. */
const START_MILLISECONDS = 20_000;

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

/** Where a process listens, and the directory that is its own. */
export interface RedisPlace {
  readonly port: number;
  readonly directory: string;
}

/** A redis-server process with these arguments. Where one of its ports was taken meanwhile, it is asked for others. */
export const runRedis = (
  argumentsAt: (place: RedisPlace) => Promise<readonly string[]>,
): Promise<PrivateRedis> => onFreePort((port) => runOn(port, argumentsAt));

async function runOn(
  port: number,
  argumentsAt: (place: RedisPlace) => Promise<readonly string[]>,
): Promise<PrivateRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-redis-'));
  const settings = await argumentsAt({ port, directory });
  let child: ChildProcess | null = null;

  const kill = async (): Promise<void> => {
    const ending = child;
    child = null;
    if (ending === null || hasEnded(ending)) return;
    const gone = once(ending, 'exit');
    ending.kill('SIGKILL');
    await gone;
  };
  const start = async (): Promise<void> => {
    if (child !== null && !hasEnded(child)) return;
    const started = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'pipe'] });
    child = started;
    let log = '';
    for (const stream of [started.stdout, started.stderr]) {
      stream.on('data', (chunk: Buffer) => (log = `${log}${chunk.toString()}`.slice(-2000)));
    }
    const closed = once(started, 'close').catch((error: unknown) => (log += String(error)));
    if (await answers(port, started)) return;
    await kill();
    await closed;
    throw new Error(`redis-server did not start on port ${port}: ${log.trim()}`);
  };
  const stop = async (): Promise<void> => {
    await kill();
    await rm(directory, { recursive: true, force: true });
  };
  await start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill,
    start,
    freeze: (isFrozen) => child?.kill(isFrozen ? 'SIGSTOP' : 'SIGCONT'),
    stop,
  };
}

const hasEnded = ({ pid, exitCode, signalCode }: ChildProcess): boolean =>
  pid === undefined || exitCode !== null || signalCode !== null;

/** Waits for any answer but "still loading": a server with a password refuses PING, but it stands. */
async function answers(port: number, child: ChildProcess): Promise<boolean> {
  const deadline = performance.now() + START_MILLISECONDS;
  while (!hasEnded(child) && performance.now() < deadline) {
    const answer = await firstAnswer(port);
    if (answer !== null && !answer.startsWith('-LOADING')) return true;
    await sleep(25);
  }
  return false;
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
