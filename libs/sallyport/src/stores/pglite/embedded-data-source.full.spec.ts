import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { DataSource } from 'typeorm';
import { ChangeEntity } from '../typeorm/entities/change.entity.js';
import { sallyportEntities } from '../typeorm/sallyport-entities.js';
import { embeddedDataSource } from './embedded-data-source.js';

const support = (file: string): string =>
  fileURLToPath(new URL(`../../../../../test/support/${file}`, import.meta.url));

describe('embeddedDataSource', () => {
  let directory: string;
  let opened: DataSource[];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sallyport-'));
    opened = [];
  });
  afterEach(async () => {
    for (const dataSource of opened) if (dataSource.isInitialized) await dataSource.destroy();
    await rm(directory, { recursive: true });
  });

  const open = async (on = directory) => {
    const dataSource = embeddedDataSource({ directory: on, entities: sallyportEntities });
    opened.push(dataSource);
    return dataSource.initialize();
  };

  it('keeps its rows when it is closed and opened again', async () => {
    const first = await open();
    await first.query('CREATE TABLE kept (id integer)');
    await first.query('INSERT INTO kept VALUES (1)');
    await first.destroy();
    const second = await open();
    expect(await second.query('SELECT id FROM kept')).toEqual([{ id: 1 }]);
  });

  it('refuses a directory that is open already, and gives it up when it is closed', async () => {
    const first = await open();
    await expect(open()).rejects.toMatchObject({
      code: 'ERR_OPTIONS_INVALID',
      message: expect.stringContaining(`process ${String(process.pid)}`) as string,
    });
    await first.query('SELECT 1');
    await first.destroy();
    await (await open()).query('SELECT 1');
  });

  it('lets 20 transactions at once take turns without freezing', async () => {
    const dataSource = await open('memory://');
    await dataSource.query('CREATE TABLE counter (n integer)');
    await dataSource.query('INSERT INTO counter VALUES (0)');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        dataSource.transaction(async (manager) => {
          const [row] = await manager.query<{ n: number }[]>('SELECT n FROM counter');
          await new Promise((resolve) => setTimeout(resolve, 2));
          await manager.query('UPDATE counter SET n = $1', [(row?.n ?? NaN) + 1]);
          if (index % 4 === 0) throw new Error('rolled back');
        }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(15);
    expect(await dataSource.query('SELECT n FROM counter')).toEqual([{ n: 15 }]);
  });

  it('goes on after a statement that failed, and after a connection that was dropped', async () => {
    const dataSource = await open('memory://');
    await expect(dataSource.query('SELECT nonsense')).rejects.toThrow('nonsense');
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query('CREATE TABLE half_done (id integer)');
    const client = (await runner.connect()) as { end(): Promise<void> };
    await client.end();
    await runner.release();
    const [row] = await dataSource.query<{ made: string | null }[]>(
      "SELECT to_regclass('half_done') AS made",
    );
    expect(row).toEqual({ made: null });
  });

  it('loses no acknowledged row when its process is killed, and the lock is taken over', async () => {
    const { child, acknowledged } = await writeUntil(30);
    await expect(open()).rejects.toMatchObject({
      code: 'ERR_OPTIONS_INVALID',
      message: expect.stringContaining(`process ${String(child.pid)}`) as string,
    });
    child.kill('SIGKILL');
    await once(child, 'close');

    const dataSource = await open();
    const rows = await dataSource.manager.find(ChangeEntity, { order: { id: 'ASC' } });
    const kept = new Set(rows.map(({ id }) => Number(id.slice(-12))));
    expect(acknowledged.length).toBeGreaterThanOrEqual(30);
    expect(acknowledged.filter((number) => !kept.has(number))).toEqual([]);
  });

  /** Starts a process that writes rows, and waits until it has acknowledged so many. */
  async function writeUntil(
    count: number,
  ): Promise<{ child: ChildProcess; acknowledged: number[] }> {
    const child = spawn(
      process.execPath,
      ['--import', support('run-typescript.mjs'), support('write-changes.ts'), directory],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env.PATH } },
    );
    const acknowledged: number[] = [];
    const enough: PromiseWithResolvers<void> = Promise.withResolvers();
    child.on('exit', () => {
      enough.reject(new Error('the process ended by itself'));
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      acknowledged.push(Number(line));
      if (acknowledged.length === count) enough.resolve();
    });
    await enough.promise;
    return { child, acknowledged };
  }
});
