import { Module, type DynamicModule, type InjectionToken, type Provider } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { ApiKeyStore } from '../../api-keys/api-key.store.js';
import { ChangeStore } from '../../audit/change.store.js';
import { ClientStore } from '../../clients/client.store.js';
import { SallyportError } from '../../errors.js';
import { RevocationStore } from '../../revocation/revocation.store.js';
import { RoleGrantStore } from '../../role-grants/role-grant.store.js';
import { SigningKeyStore } from '../../signing-keys/signing-key.store.js';
import { Transactions } from '../../transactions/transaction.js';
import { UserStateStore } from '../../users/user-state.store.js';
import { durablePorts } from '../durable-ports.js';
import { runSallyportMigrations } from './migrations/run-migrations.js';
import { sallyportEntities, useSchema } from './sallyport-entities.js';
import { TypeOrmApiKeyStore } from './typeorm-api-key.store.js';
import { TypeOrmChangeStore } from './typeorm-change.store.js';
import { TypeOrmClientStore } from './typeorm-client.store.js';
import { TypeOrmRevocationStore } from './typeorm-revocation.store.js';
import { TypeOrmRoleGrantStore } from './typeorm-role-grant.store.js';
import { TypeOrmSigningKeyStore } from './typeorm-signing-key.store.js';
import { TypeOrmTransactions } from './typeorm-transactions.js';
import { TypeOrmUserStateStore } from './typeorm-user-state.store.js';

export interface TypeOrmStoresOptions {
  /**
   * The host's DataSource: the name it has in @nestjs/typeorm, or an injection token that is visible
   * everywhere, whose DataSource then lists `sallyportEntities` itself. @default the default DataSource
   */
  readonly dataSource?: InjectionToken<DataSource>;
  /** PostgreSQL schema of our tables. @default 'sallyport' */
  readonly schema?: string;
  /** Run our pending migrations at start; else add `sallyportMigrations` to your own. @default false */
  readonly runMigrations?: boolean;
}

const DATA_SOURCE = Symbol('SallyportDataSource');

const stores: Provider[] = [
  { provide: Transactions, useExisting: TypeOrmTransactions },
  { provide: ApiKeyStore, useClass: TypeOrmApiKeyStore },
  { provide: ChangeStore, useClass: TypeOrmChangeStore },
  { provide: ClientStore, useClass: TypeOrmClientStore },
  { provide: RevocationStore, useClass: TypeOrmRevocationStore },
  { provide: RoleGrantStore, useClass: TypeOrmRoleGrantStore },
  { provide: SigningKeyStore, useClass: TypeOrmSigningKeyStore },
  { provide: UserStateStore, useClass: TypeOrmUserStateStore },
];

/** The durable stores on PostgreSQL, through the host's DataSource. */
@Module({})
export class TypeOrmStoresModule {
  static forRoot(options: TypeOrmStoresOptions = {}): DynamicModule {
    const { dataSource, schema = 'sallyport', runMigrations = false } = options;
    useSchema(schema);
    const isNamed = dataSource === undefined || typeof dataSource === 'string';
    return {
      module: TypeOrmStoresModule,
      imports: isNamed ? [TypeOrmModule.forFeature(sallyportEntities, dataSource)] : [],
      providers: [
        {
          provide: DATA_SOURCE,
          useExisting: isNamed ? getDataSourceToken(dataSource) : dataSource,
        },
        {
          provide: TypeOrmTransactions,
          inject: [DATA_SOURCE],
          useFactory: async (source: DataSource) => {
            assertEntities(source, schema);
            if (runMigrations) await runSallyportMigrations(source);
            return new TypeOrmTransactions(source);
          },
        },
        ...stores,
      ],
      exports: [TypeOrmTransactions, ...durablePorts],
    };
  }
}

function assertEntities(dataSource: DataSource, schema: string): void {
  for (const entity of sallyportEntities) {
    if (!dataSource.hasMetadata(entity)) {
      throw new SallyportError('ERR_OPTIONS_INVALID', {
        reason: `the DataSource does not know ${entity.name}: set autoLoadEntities, or add sallyportEntities to its entities`,
      });
    }
    if (dataSource.getMetadata(entity).schema !== schema) {
      throw new SallyportError('ERR_OPTIONS_INVALID', {
        reason: `the DataSource was initialized before the schema was set to ${schema}: call useSchema('${schema}') first`,
      });
    }
  }
}
