import pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { EmbeddedDatabase } from './embedded-database.js';
import { PGliteStream } from './pglite-stream.js';

type PostgresOptions = Extract<DataSourceOptions, { type: 'postgres' }>;

export interface EmbeddedDatabaseOptions {
  /** Made if it is missing; locked while in use. `memory://` keeps nothing. */
  readonly directory: string;
}

/**
 * TypeORM options of a PostgreSQL that runs in this process (PGlite): no server, one session, so that
 * transactions take turns. Opened when the DataSource is initialized, closed with it.
 */
export function embeddedDataSourceOptions({ directory }: EmbeddedDatabaseOptions): PostgresOptions {
  return {
    type: 'postgres',
    driver: { ...pg, Pool: poolOn(new EmbeddedDatabase(directory)) },
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    extra: { max: 1, idleTimeoutMillis: 0 },
  };
}

/** A DataSource of its own on the embedded database, not yet initialized. */
export const embeddedDataSource = ({
  directory,
  ...options
}: EmbeddedDatabaseOptions & Pick<PostgresOptions, 'entities' | 'migrations'>): DataSource =>
  new DataSource({ ...embeddedDataSourceOptions({ directory }), ...options });

/** A pool that opens the database with its first connection, and closes it when it ends. */
const poolOn = (database: EmbeddedDatabase) =>
  class EmbeddedPool extends pg.Pool {
    constructor(options: pg.PoolConfig) {
      super({ ...options, stream: () => new PGliteStream(database.open()) });
    }

    override end(): Promise<void>;
    override end(callback: (error?: unknown) => void): void;
    override end(callback?: (error?: unknown) => void): Promise<void> | undefined {
      const ended = super.end().finally(() => database.close());
      if (callback === undefined) return ended;
      ended.then(() => {
        callback();
      }, callback);
      return undefined;
    }
  };
