import { randomBytes } from 'node:crypto';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { DataSource as TypeOrmDataSource } from 'typeorm';
import type { ApiKeyStore } from '../../libs/sallyport/src/api-keys/api-key.store.js';
import type { ChangeStore } from '../../libs/sallyport/src/audit/change.store.js';
import type { ClientStore } from '../../libs/sallyport/src/clients/client.store.js';
import type { ConsentStore } from '../../libs/sallyport/src/consents/consent.store.js';
import type { LoginSessionStore } from '../../libs/sallyport/src/logins/login-session.store.js';
import type { RevocationStore } from '../../libs/sallyport/src/revocation/revocation.store.js';
import type { RoleGrantStore } from '../../libs/sallyport/src/role-grants/role-grant.store.js';
import type { EncryptionKeyStore } from '../../libs/sallyport/src/encryption-keys/encryption-key.store.js';
import type { SigningKeyStore } from '../../libs/sallyport/src/signing-keys/signing-key.store.js';
import { MemoryApiKeyStore } from '../../libs/sallyport/src/stores/memory/memory-api-key.store.js';
import { MemoryAuthorizationCodeStore } from '../../libs/sallyport/src/stores/memory/memory-authorization-code.store.js';
import { MemoryChangeStore } from '../../libs/sallyport/src/stores/memory/memory-change.store.js';
import { MemoryClientStore } from '../../libs/sallyport/src/stores/memory/memory-client.store.js';
import { MemoryConsentStore } from '../../libs/sallyport/src/stores/memory/memory-consent.store.js';
import { MemoryDatabase } from '../../libs/sallyport/src/stores/memory/memory-database.js';
import { MemoryFamilies } from '../../libs/sallyport/src/stores/memory/memory-families.js';
import { MemoryGrantStore } from '../../libs/sallyport/src/stores/memory/memory-grant.store.js';
import { MemoryLoginSessionStore } from '../../libs/sallyport/src/stores/memory/memory-login-session.store.js';
import { MemoryOpaqueTokenStore } from '../../libs/sallyport/src/stores/memory/memory-opaque-token.store.js';
import { MemoryPlanStore } from '../../libs/sallyport/src/stores/memory/memory-plan.store.js';
import { MemoryRevocationStore } from '../../libs/sallyport/src/stores/memory/memory-revocation.store.js';
import { MemoryRoleGrantStore } from '../../libs/sallyport/src/stores/memory/memory-role-grant.store.js';
import { MemoryRotatedKeyStore } from '../../libs/sallyport/src/stores/memory/memory-rotated-key.store.js';
import { MemoryUsageStore } from '../../libs/sallyport/src/stores/memory/memory-usage.store.js';
import { MemoryUserStateStore } from '../../libs/sallyport/src/stores/memory/memory-user-state.store.js';
import { MemoryUserTokenStore } from '../../libs/sallyport/src/stores/memory/memory-user-token.store.js';
import { embeddedDataSourceOptions } from '../../libs/sallyport/src/stores/pglite/embedded-data-source.js';
import { runSallyportMigrations } from '../../libs/sallyport/src/stores/typeorm/migrations/run-migrations.js';
import { postgresDataSourceOptions } from '../../libs/sallyport/src/stores/typeorm/postgres-data-source-options.js';
import {
  sallyportEntities,
  useSchema,
} from '../../libs/sallyport/src/stores/typeorm/sallyport-entities.js';
import { TypeOrmApiKeyStore } from '../../libs/sallyport/src/stores/typeorm/typeorm-api-key.store.js';
import { TypeOrmAuthorizationCodeStore } from '../../libs/sallyport/src/stores/typeorm/typeorm-authorization-code.store.js';
import { TypeOrmChangeStore } from '../../libs/sallyport/src/stores/typeorm/typeorm-change.store.js';
import { TypeOrmClientStore } from '../../libs/sallyport/src/stores/typeorm/typeorm-client.store.js';
import { TypeOrmConsentStore } from '../../libs/sallyport/src/stores/typeorm/typeorm-consent.store.js';
import { TypeOrmGrantStore } from '../../libs/sallyport/src/stores/typeorm/typeorm-grant.store.js';
import { TypeOrmLoginSessionStore } from '../../libs/sallyport/src/stores/typeorm/typeorm-login-session.store.js';
import { TypeOrmOpaqueTokenStore } from '../../libs/sallyport/src/stores/typeorm/typeorm-opaque-token.store.js';
import { TypeOrmPlanStore } from '../../libs/sallyport/src/stores/typeorm/typeorm-plan.store.js';
import { TypeOrmRevocationStore } from '../../libs/sallyport/src/stores/typeorm/typeorm-revocation.store.js';
import { TypeOrmRoleGrantStore } from '../../libs/sallyport/src/stores/typeorm/typeorm-role-grant.store.js';
import {
  TypeOrmEncryptionKeyStore,
  TypeOrmSigningKeyStore,
} from '../../libs/sallyport/src/stores/typeorm/typeorm-rotated-key.store.js';
import { TypeOrmTransactions } from '../../libs/sallyport/src/stores/typeorm/typeorm-transactions.js';
import { TypeOrmUsageStore } from '../../libs/sallyport/src/stores/typeorm/usage/typeorm-usage.store.js';
import { TypeOrmUserStateStore } from '../../libs/sallyport/src/stores/typeorm/typeorm-user-state.store.js';
import { TypeOrmUserTokenStore } from '../../libs/sallyport/src/stores/typeorm/typeorm-user-token.store.js';
import type { PlanStore } from '../../libs/sallyport/src/throttling/plans/plan.store.js';
import type { Transactions } from '../../libs/sallyport/src/transactions/transaction.js';
import type { UsageStore } from '../../libs/sallyport/src/usage/usage.store.js';
import type { AuthorizationCodeStore } from '../../libs/sallyport/src/user-tokens/authorization-code.store.js';
import type { GrantStore } from '../../libs/sallyport/src/user-tokens/grant.store.js';
import type { OpaqueTokenStore } from '../../libs/sallyport/src/user-tokens/opaque-token.store.js';
import type { UserTokenStore } from '../../libs/sallyport/src/user-tokens/user-token.store.js';
import type { UserStateStore } from '../../libs/sallyport/src/users/user-state.store.js';

export interface DurableStores {
  readonly transactions: Transactions;
  readonly clients: ClientStore;
  readonly apiKeys: ApiKeyStore;
  readonly roleGrants: RoleGrantStore;
  readonly encryptionKeys: EncryptionKeyStore;
  readonly signingKeys: SigningKeyStore;
  readonly revocations: RevocationStore;
  readonly userStates: UserStateStore;
  readonly grants: GrantStore;
  readonly authorizationCodes: AuthorizationCodeStore;
  readonly userTokens: UserTokenStore;
  readonly opaqueTokens: OpaqueTokenStore;
  readonly loginSessions: LoginSessionStore;
  readonly consents: ConsentStore;
  readonly changes: ChangeStore;
  readonly usage: UsageStore;
  readonly plans: PlanStore;
  close(): Promise<void>;
}

export interface DurableStoreSet {
  readonly name: 'memory' | 'pglite' | 'postgres';
  /** Empty stores of their own; several may be open at once. */
  open(): Promise<DurableStores>;
}

export function openMemoryStores(): DurableStores {
  const database = new MemoryDatabase();
  const families = new MemoryFamilies(database);
  return {
    transactions: database,
    clients: new MemoryClientStore(database),
    apiKeys: new MemoryApiKeyStore(database),
    roleGrants: new MemoryRoleGrantStore(database),
    encryptionKeys: new MemoryRotatedKeyStore(database),
    signingKeys: new MemoryRotatedKeyStore(database),
    revocations: new MemoryRevocationStore(database),
    userStates: new MemoryUserStateStore(database),
    grants: new MemoryGrantStore(families),
    authorizationCodes: new MemoryAuthorizationCodeStore(families),
    userTokens: new MemoryUserTokenStore(families),
    opaqueTokens: new MemoryOpaqueTokenStore(families),
    loginSessions: new MemoryLoginSessionStore(database),
    consents: new MemoryConsentStore(database),
    changes: new MemoryChangeStore(database),
    usage: new MemoryUsageStore(database),
    plans: new MemoryPlanStore(database),
    close: () => Promise.resolve(),
  };
}

/** The stores on a DataSource that is initialized and migrated. Closing them leaves it open. */
export function typeOrmStoresOn(dataSource: DataSource): Omit<DurableStores, 'close'> {
  const transactions = new TypeOrmTransactions(dataSource);
  return {
    transactions,
    clients: new TypeOrmClientStore(transactions),
    apiKeys: new TypeOrmApiKeyStore(transactions),
    roleGrants: new TypeOrmRoleGrantStore(transactions),
    encryptionKeys: new TypeOrmEncryptionKeyStore(transactions),
    signingKeys: new TypeOrmSigningKeyStore(transactions),
    revocations: new TypeOrmRevocationStore(transactions),
    userStates: new TypeOrmUserStateStore(transactions),
    grants: new TypeOrmGrantStore(transactions),
    authorizationCodes: new TypeOrmAuthorizationCodeStore(transactions),
    userTokens: new TypeOrmUserTokenStore(transactions),
    opaqueTokens: new TypeOrmOpaqueTokenStore(transactions),
    loginSessions: new TypeOrmLoginSessionStore(transactions),
    consents: new TypeOrmConsentStore(transactions),
    changes: new TypeOrmChangeStore(transactions),
    usage: new TypeOrmUsageStore(transactions),
    plans: new TypeOrmPlanStore(transactions),
  };
}

/** A DataSource with our entities in `schema`, initialized and migrated. One after the other: see `useSchema`. */
export function openDataSource(options: DataSourceOptions, schema: string): Promise<DataSource> {
  const opened = opening.then(async () => {
    useSchema(schema);
    const dataSource = new TypeOrmDataSource({ ...options, entities: sallyportEntities });
    await dataSource.initialize();
    await runSallyportMigrations(dataSource);
    return dataSource;
  });
  opening = opened.catch(() => undefined);
  return opened;
}
let opening: Promise<unknown> = Promise.resolve();

export const randomSchema = (): string => `sallyport_test_${randomBytes(6).toString('hex')}`;

/** Databases are used again within a test file: to empty one is much faster than to make one. */
class DatabasePool {
  private readonly all: { dataSource: DataSource; drop: () => Promise<unknown> }[] = [];
  private readonly free: DataSource[] = [];

  constructor(private readonly options: () => DataSourceOptions) {}

  async open(): Promise<DurableStores> {
    const dataSource = this.free.pop() ?? (await this.create());
    const close = async () => {
      const tables = sallyportEntities.map((entity) => dataSource.getMetadata(entity).tablePath);
      await dataSource.query(tables.map((table) => `DELETE FROM ${table}`).join(';'));
      this.free.push(dataSource);
    };
    return { ...typeOrmStoresOn(dataSource), close };
  }

  async destroy(): Promise<void> {
    for (const { dataSource, drop } of this.all.splice(0)) {
      await drop();
      await dataSource.destroy();
    }
  }

  private async create(): Promise<DataSource> {
    const schema = randomSchema();
    const dataSource = await openDataSource(this.options(), schema);
    this.all.push({ dataSource, drop: () => dataSource.query(`DROP SCHEMA ${schema} CASCADE`) });
    return dataSource;
  }
}

const url = process.env.TEST_DATABASE_URL;
const embedded = new DatabasePool(() => embeddedDataSourceOptions({ directory: 'memory://' }));
const real = new DatabasePool(() => postgresDataSourceOptions(url ?? ''));

afterAll(async () => {
  await embedded.destroy();
  await real.destroy();
});

/** Every kind of durable store there is on this machine: PostgreSQL where TEST_DATABASE_URL names one. */
export const durableStoreSets: readonly DurableStoreSet[] = [
  { name: 'memory', open: () => Promise.resolve(openMemoryStores()) },
  { name: 'pglite', open: () => embedded.open() },
  ...(url === undefined ? [] : [{ name: 'postgres', open: () => real.open() } as const]),
];
