import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { runRedis } from './redis-process.js';
import { startRedis, type PrivateRedis } from './redis.js';

const NAME = 'main';
const REPLICAS = 2;
const SENTINELS = 3;
/** After so long without a word the master counts as down. */
const DOWN_AFTER_MS = 1000;

export interface WatchedRedis {
  /** `redis+sentinel://`, with all Sentinels, the master's name and password. */
  readonly url: string;
  readonly servers: readonly PrivateRedis[];
  readonly sentinels: readonly PrivateRedis[];
  /** Whom the Sentinels hold to be the master now. */
  master(): Promise<PrivateRedis>;
  /** Makes a replica the master, without loss, and waits for it. */
  failover(): Promise<void>;
  /** Waits until the Sentinels name another master than this. */
  replaced(master: PrivateRedis): Promise<void>;
  flush(): Promise<void>;
  stop(): Promise<void>;
}

/** A master, two replicas and three Sentinels on free ports of this machine. End it with `stop`. */
export async function startWatchedRedis(password = ''): Promise<WatchedRedis> {
  const secret = password === '' ? [] : ['--requirepass', password, '--masterauth', password];
  const follow = ['--repl-diskless-sync-delay', '0', ...secret];
  const first = await startRedis(...follow);
  const replicas = await Promise.all(
    Array.from({ length: REPLICAS }, () =>
      startRedis('--replicaof', '127.0.0.1', `${first.port}`, ...follow),
    ),
  );
  const servers = [first, ...replicas];
  const sentinels = await Promise.all(
    Array.from({ length: SENTINELS }, () => startSentinel(first.port, password)),
  );
  const askAny = sentinels.map(({ url }) => operatorOf(url));

  const stop = async (): Promise<void> => {
    for (const operator of askAny) operator.disconnect();
    await Promise.all([...sentinels, ...servers].map((server) => server.stop()));
  };
  const ports = (): Promise<number[]> =>
    Promise.all(
      askAny.map(async (sentinel) => {
        const address = await sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME);
        return Number((address as string[])[1]);
      }),
    );
  const master = async (): Promise<PrivateRedis> => {
    const [port] = await ports();
    const found = servers.find((server) => server.port === port);
    if (found === undefined) throw new Error('the Sentinels name no server of ours');
    return found;
  };
  const replaced = (old: PrivateRedis): Promise<void> =>
    until('the Sentinels agree on another master', async () => {
      const named = await ports();
      return named.every((port) => port !== old.port && port === named[0]);
    });
  try {
    await until('the Sentinels know all', async () => {
      const known = await Promise.all(askAny.map((sentinel) => whatIsKnown(sentinel)));
      return known.every((one) => one);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `redis+sentinel://${password === '' ? '' : `:${password}@`}${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${NAME}`,
    servers,
    sentinels,
    master,
    replaced,
    async failover() {
      const old = await master();
      // Refused for a while after the last one.
      await until('a failover may begin', async () => {
        const answer = await askAny[0]?.call('SENTINEL', 'FAILOVER', NAME).catch(() => null);
        return answer === 'OK';
      });
      await replaced(old);
    },
    async flush() {
      const operator = operatorOf((await master()).url.replace('//', `//:${password}@`));
      await operator.flushall();
      operator.disconnect();
    },
    stop,
  };
}

const startSentinel = (masterPort: number, password: string): Promise<PrivateRedis> =>
  runRedis(async ({ port, directory }) => {
    const file = join(directory, 'sentinel.conf');
    const lines = [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${directory}`,
      `sentinel monitor ${NAME} 127.0.0.1 ${masterPort} 2`,
      `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
      `sentinel failover-timeout ${NAME} 4000`,
      ...(password === '' ? [] : [`sentinel auth-pass ${NAME} ${password}`]),
    ];
    await writeFile(file, `${lines.join('\n')}\n`);
    return [file, '--sentinel'];
  });

function operatorOf(url: string): Redis {
  const operator = new Redis(url, {
    commandTimeout: 1000,
    enableReadyCheck: false,
    retryStrategy: () => 50,
  });
  operator.on('error', () => undefined);
  return operator;
}

async function whatIsKnown(sentinel: Redis): Promise<boolean> {
  const flat = (await sentinel.call('SENTINEL', 'MASTER', NAME)) as string[];
  const value = (name: string) => Number(flat[flat.indexOf(name) + 1]);
  return value('num-slaves') === REPLICAS && value('num-other-sentinels') === SENTINELS - 1;
}

async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (await isTrue()) return;
    await sleep(50);
  }
  throw new Error(`in 15 s it did not come to be that ${what}`);
}
