import { Module, type DynamicModule, type InjectionToken, type Provider } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { ApiKeyStore } from '../../api-keys/api-key.store.js';
import { ChangeStore } from '../../audit/change.store.js';
import { ClientStore } from '../../clients/client.store.js';
import { SallyportError } from '../../errors.js';
import { ConsentStore } from '../../consents/consent.store.js';
import { EncryptionKeyStore } from '../../encryption-keys/encryption-key.store.js';
import { LoginSessionStore } from '../../logins/login-session.store.js';
import { RevocationStore } from '../../revocation/revocation.store.js';
import { RoleGrantStore } from '../../role-grants/role-grant.store.js';
import { SigningKeyStore } from '../../signing-keys/signing-key.store.js';
import { PlanStore } from '../../throttling/plans/plan.store.js';
import { Transactions } from '../../transactions/transaction.js';
import { UsageStore } from '../../usage/usage.store.js';
import { AuthorizationCodeStore } from '../../user-tokens/authorization-code.store.js';
import { GrantStore } from '../../user-tokens/grant.store.js';
import { OpaqueTokenStore } from '../../user-tokens/opaque-token.store.js';
import { UserTokenStore } from '../../user-tokens/user-token.store.js';
import { UserStateStore } from '../../users/user-state.store.js';
import { durablePorts } from '../durable-ports.js';
import { runSallyportMigrations } from './migrations/run-migrations.js';
import { sallyportEntities, useSchema } from './sallyport-entities.js';
import { TypeOrmApiKeyStore } from './typeorm-api-key.store.js';
import { TypeOrmAuthorizationCodeStore } from './typeorm-authorization-code.store.js';
import { TypeOrmChangeStore } from './typeorm-change.store.js';
import { TypeOrmClientStore } from './typeorm-client.store.js';
import { TypeOrmConsentStore } from './typeorm-consent.store.js';
import { TypeOrmGrantStore } from './typeorm-grant.store.js';
import { TypeOrmLoginSessionStore } from './typeorm-login-session.store.js';
import { TypeOrmOpaqueTokenStore } from './typeorm-opaque-token.store.js';
import { TypeOrmPlanStore } from './typeorm-plan.store.js';
import { TypeOrmRevocationStore } from './typeorm-revocation.store.js';
import { TypeOrmRoleGrantStore } from './typeorm-role-grant.store.js';
import { TypeOrmEncryptionKeyStore, TypeOrmSigningKeyStore } from './typeorm-rotated-key.store.js';
import { TypeOrmTransactions } from './typeorm-transactions.js';
import { TypeOrmUsageStore } from './usage/typeorm-usage.store.js';
import { TypeOrmUserStateStore } from './typeorm-user-state.store.js';
import { TypeOrmUserTokenStore } from './typeorm-user-token.store.js';

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
  { provide: AuthorizationCodeStore, useClass: TypeOrmAuthorizationCodeStore },
  { provide: ChangeStore, useClass: TypeOrmChangeStore },
  { provide: ClientStore, useClass: TypeOrmClientStore },
  { provide: ConsentStore, useClass: TypeOrmConsentStore },
  { provide: EncryptionKeyStore, useClass: TypeOrmEncryptionKeyStore },
  { provide: GrantStore, useClass: TypeOrmGrantStore },
  { provide: LoginSessionStore, useClass: TypeOrmLoginSessionStore },
  { provide: OpaqueTokenStore, useClass: TypeOrmOpaqueTokenStore },
  { provide: PlanStore, useClass: TypeOrmPlanStore },
  { provide: RevocationStore, useClass: TypeOrmRevocationStore },
  { provide: RoleGrantStore, useClass: TypeOrmRoleGrantStore },
  { provide: SigningKeyStore, useClass: TypeOrmSigningKeyStore },
  { provide: UsageStore, useClass: TypeOrmUsageStore },
  { provide: UserStateStore, useClass: TypeOrmUserStateStore },
  { provide: UserTokenStore, useClass: TypeOrmUserTokenStore },
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
