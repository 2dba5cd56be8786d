import { join } from 'node:path';
import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { SallyportError } from '@sallyport/nest';
import { embeddedDataSourceOptions } from '@sallyport/nest/embedded';
import { postgresDataSourceOptions, sallyportMigrations } from '@sallyport/nest/typeorm';
import type { AppConfig } from './config.js';
import { CreateInvoices1767225600000 } from './migrations.js';

/** The app's one database: its own tables beside Sallyport's, so that they can share a transaction. */
export const databaseOptions = ({ stores, dataDir }: AppConfig): TypeOrmModuleOptions => ({
  ...(stores.kind === 'embedded'
    ? embeddedDataSourceOptions({ directory: join(dataDir, 'database') })
    : postgresDataSourceOptions(stores.databaseUrl)),
  autoLoadEntities: true,
  migrations: [...sallyportMigrations, CreateInvoices1767225600000],
  migrationsRun: true,
  // Instances that start together may meet in a migration: the second try finds it done.
  retryAttempts: 3,
  retryDelay: 1000,
  toRetry: (error) => !(error instanceof SallyportError),
});
