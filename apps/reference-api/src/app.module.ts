import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { HttpProblemFilter, SallyportModule } from '@sallyport/nest';
import { AdminModule } from '@sallyport/nest/admin';
import { AuthorizationServerModule } from '@sallyport/nest/authorization-server';
import { embeddedStores } from '@sallyport/nest/embedded';
import { productionStores } from '@sallyport/nest/production';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import type { AppConfig } from './config.js';
import { ConfigModule } from './config.module.js';
import { databaseOptions } from './database.js';
import { DocsModule } from './docs/docs.module.js';
import { HealthModule } from './health/health.module.js';
import { BoundedJsonPipe } from './http/bounded-json.pipe.js';
import { ConnectionDrain } from './http/connection-drain.js';
import { DatabaseErrorsInterceptor } from './http/database-errors.interceptor.js';
import { validationPipe } from './http/validation.pipe.js';
import { InvoicesModule } from './invoices/invoices.module.js';
import { MeModule } from './me/me.module.js';
import { ReportsModule } from './reports/reports.module.js';
import { SeedModule } from './seed/seed.module.js';
import { AppUserDirectory } from './users/user-directory.js';
import { UsersModule } from './users/users.module.js';

/** What each role gives in the client where it was granted; a role's name inherits it. */
export const ROLES = {
  viewer: ['invoices:read'],
  editor: ['viewer', 'invoices:write'],
  admin: ['editor', 'invoices:approve'],
};

/** What the consent page says of each scope value. */
const SCOPE_DESCRIPTIONS = {
  'invoices:read': 'See invoices',
  'invoices:write': 'Create and change invoices',
  'invoices:approve': 'Approve invoices',
  'reports:read': 'See reports',
};

export interface AppParts {
  readonly config: AppConfig;
  readonly log: Logger;
  /** Key-encryption keys. */
  readonly kek: string;
}

@Module({
  imports: [InvoicesModule, ReportsModule, MeModule, HealthModule],
  providers: [
    ConnectionDrain,
    // Sallyport's filter answers its own refusals; this one gives all else the same shape.
    { provide: APP_FILTER, useClass: HttpProblemFilter },
    { provide: APP_INTERCEPTOR, useClass: DatabaseErrorsInterceptor },
    { provide: APP_PIPE, useClass: BoundedJsonPipe },
    { provide: APP_PIPE, useFactory: validationPipe },
  ],
})
export class AppModule {
  static of({ config, log, kek }: AppParts): DynamicModule {
    const { issuer, publicOrigin, stores, trustedProxies } = config;
    return {
      module: AppModule,
      imports: [
        ConfigModule.of(config),
        LoggerModule.forRoot({ pinoHttp: { logger: log }, useExisting: true }),
        TypeOrmModule.forRoot(databaseOptions(config)),
        SallyportModule.forRoot({
          issuer,
          audience: publicOrigin,
          environment: config.isDevelopment ? 'development' : 'production',
          stores:
            stores.kind === 'real'
              ? productionStores({ redis: stores.redisUrl, kek })
              : embeddedStores({ kek }),
          roles: ROLES,
          requireDeclaredPolicy: true,
          trustedProxies,
          publicOrigin,
          usage: true,
        }),
        AuthorizationServerModule.forRoot({
          userDirectory: AppUserDirectory,
          imports: [UsersModule],
          scopeDescriptions: SCOPE_DESCRIPTIONS,
        }),
        AdminModule.forRoot(),
        ...(config.hasDocs ? [DocsModule] : []),
        ...(config.isDevelopment ? [SeedModule] : []),
      ],
    };
  }
}
