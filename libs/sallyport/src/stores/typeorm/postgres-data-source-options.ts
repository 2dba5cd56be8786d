import type { DataSourceOptions } from 'typeorm';

type PostgresOptions = Extract<DataSourceOptions, { type: 'postgres' }>;

/** Options of a DataSource on PostgreSQL with which nothing hangs: connections and statements end within 2 s. */
export function postgresDataSourceOptions(url: string): PostgresOptions {
  return {
    type: 'postgres',
    url,
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    extra: {
      connectionTimeoutMillis: 1000,
      statement_timeout: 1500, // ended by the server
      query_timeout: 1750, // ended here, when the server is silent
      idle_in_transaction_session_timeout: 10_000,
      keepAlive: true,
    },
  };
}
