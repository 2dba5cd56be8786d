import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { findPostgres } from '../../tools/stores/postgres.mjs';

export interface PrivatePostgres {
  /** Of a database that belongs to a role which is no superuser. */
  readonly url: string;
  /** Stops or goes on with every process of the server: connections stay, nothing answers. */
  freeze(isFrozen: boolean): Promise<void>;
  /** Ends one process of the server with SIGKILL: it ends all connections and recovers as after a crash. */
  crash(): Promise<void>;
  /** Takes all connections there are for others than superusers, and ends those of the app. Resolves to their release. */
  takeAllConnections(): Promise<() => Promise<void>>;
  stop(): Promise<void>;
}

/** A server of one's own, or null where there is no PostgreSQL on the machine (one in Docker cannot be frozen). */
export async function startPostgres(): Promise<PrivatePostgres | null> {
  const found = await findPostgres({ PATH: process.env.PATH });
  if (found === null) return null;
  if (!found.from.startsWith('private')) {
    await found.stop();
    return null;
  }
  const operator = new pg.Client({ connectionString: found.url });
  operator.on('error', () => undefined);
  await operator.connect();
  // The server is fast and careless for tests; what it acknowledges here must outlive a crash.
  await operator.query(`CREATE ROLE app LOGIN PASSWORD 'app'`);
  await operator.query(`ALTER ROLE app SET synchronous_commit = on`);
  await operator.query('CREATE DATABASE app OWNER app');
  const { rows } = await operator.query<{ data_directory: string }>('SHOW data_directory');
  const directory = rows[0]?.data_directory ?? '';
  await operator.end();
  const url = new URL(found.url);
  [url.username, url.password, url.pathname] = ['app', 'app', '/app'];

  const processes = async (): Promise<readonly [main: number, ...others: number[]]> => {
    const [line = ''] = (await readFile(join(directory, 'postmaster.pid'), 'utf8')).split('\n');
    const main = Number(line);
    return [main, ...(await childrenOf(main))];
  };
  const freeze: PrivatePostgres['freeze'] = async (isFrozen) => {
    for (const id of await processes()) process.kill(id, isFrozen ? 'SIGSTOP' : 'SIGCONT');
  };
  return {
    url: url.href,
    freeze,
    async crash() {
      const client = new pg.Client({ connectionString: url.href });
      client.on('error', () => undefined);
      await client.connect();
      const { rows } = await client.query<{ id: number }>('SELECT pg_backend_pid() AS id');
      process.kill(rows[0]?.id ?? 0, 'SIGKILL');
    },
    takeAllConnections: () => takeAll(found.url, url.href),
    async stop() {
      await freeze(false);
      await found.stop();
    },
  };
}

async function childrenOf(parent: number): Promise<number[]> {
  const children: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    // `pid (name) state parent …`; a process may end meanwhile.
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent) {
      children.push(Number(name));
    }
  }
  return children;
}

async function takeAll(operatorUrl: string, url: string): Promise<() => Promise<void>> {
  const taken: pg.Client[] = [];
  const take = async (): Promise<boolean> => {
    const client = new pg.Client({ connectionString: url, application_name: 'storm' });
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch {
      return false;
    }
    taken.push(client);
    return true;
  };
  const operator = new pg.Client({ connectionString: operatorUrl });
  await operator.connect();
  while (await take());
  await operator.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE usename = 'app' AND application_name <> 'storm'`,
  );
  const again = setInterval(() => void take(), 5);
  await operator.end();
  return async () => {
    clearInterval(again);
    for (const client of taken) await client.end();
  };
}
