import type { DataSource, QueryRunner } from 'typeorm';
import { ClientEntity } from '../entities/client.entity.js';
import { sallyportMigrations } from './sallyport-migrations.js';
import { takeTurns } from './take-turns.js';

/** Runs our pending migrations, and none of the host's, in one transaction. Safe from several instances at once. */
export async function runSallyportMigrations(dataSource: DataSource): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.startTransaction();
    await takeTurns(runner);
    await runPending(runner);
    await runner.commitTransaction();
  } catch (error) {
    if (runner.isTransactionActive) await runner.rollbackTransaction();
    throw error;
  } finally {
    await runner.release();
  }
}

async function runPending(runner: QueryRunner): Promise<void> {
  const { driver } = runner.manager.dataSource;
  const { schema = 'public' } = runner.manager.dataSource.getMetadata(ClientEntity);
  const table = `${driver.escape(schema)}.migrations`;
  await runner.query(`CREATE SCHEMA IF NOT EXISTS ${driver.escape(schema)}`);
  await runner.query(`CREATE TABLE IF NOT EXISTS ${table} (name text PRIMARY KEY)`);

  const done = await runner.manager.query<{ name: string }[]>(`SELECT name FROM ${table}`);
  for (const Migration of sallyportMigrations) {
    const migration = new Migration();
    if (done.some(({ name }) => name === migration.name)) continue;
    await migration.up(runner);
    await runner.query(`INSERT INTO ${table} (name) VALUES ($1)`, [migration.name]);
  }
}
