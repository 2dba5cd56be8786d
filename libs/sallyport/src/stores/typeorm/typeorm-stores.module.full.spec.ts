import { Injectable } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { InjectDataSource, TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { randomSchema } from '../../../../../test/support/postgres.js';
import { ChangeStore } from '../../audit/change.store.js';
import type { Change } from '../../audit/change.js';
import { SigningKeyStore } from '../../signing-keys/signing-key.store.js';
import { Transactions } from '../../transactions/transaction.js';
import { embeddedDataSourceOptions } from '../pglite/embedded-data-source.js';
import { ChangeEntity } from './entities/change.entity.js';
import { postgresDataSourceOptions } from './postgres-data-source-options.js';
import { useSchema } from './sallyport-entities.js';
import { TypeOrmStoresModule, type TypeOrmStoresOptions } from './typeorm-stores.module.js';
import { transactionOf } from './typeorm-transactions.js';

const url = process.env.TEST_DATABASE_URL;
const databases: { name: string; options: () => DataSourceOptions }[] = [
  { name: 'pglite', options: () => embeddedDataSourceOptions({ directory: 'memory://' }) },
  ...(url === undefined
    ? []
    : [{ name: 'postgres', options: () => postgresDataSourceOptions(url) }]),
];

const change: Change = {
  id: '0190a1b2-0000-7000-8000-000000000001',
  at: new Date('2030-01-01T00:00:00Z'),
  actor: 'host',
  reason: null,
  action: 'client.updated',
  object: 'shop',
  details: {},
};

/** What a host does: it injects ports, and its own DataSource for its own tables. */
@Injectable()
class HostService {
  constructor(
    readonly changes: ChangeStore,
    readonly transactions: Transactions,
    @InjectDataSource() readonly dataSource: DataSource,
    readonly keys: SigningKeyStore,
  ) {}
}

describe.each(databases)('TypeOrmStoresModule on $name', ({ options }) => {
  let app: TestingModule | undefined;
  let opened: DataSource | undefined;
  let schema: string;
  beforeEach(() => {
    schema = randomSchema();
  });
  afterEach(async () => {
    useSchema('sallyport');
    await opened?.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await app?.close();
    if (opened?.isInitialized === true) await opened.destroy();
    app = undefined;
  });

  const start = async (storesOptions: TypeOrmStoresOptions, autoLoadEntities = true) => {
    const started = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({ ...options(), autoLoadEntities, retryAttempts: 1 }),
          dataSourceFactory: async (given) => {
            opened = new DataSource(given ?? options());
            return opened.initialize();
          },
        }),
        TypeOrmStoresModule.forRoot(storesOptions),
      ],
      providers: [HostService],
    }).compile();
    app = started;
    return started.get(HostService);
  };

  it('provides the ports on the DataSource of the host, in the schema that is asked for', async () => {
    const host = await start({ schema, runMigrations: true });
    await host.transactions.run((tx) => host.changes.append(change, tx));
    expect(await host.changes.listByObject('shop', 10)).toEqual([change]);
    const [row] = await host.dataSource.query<{ object: string }[]>(
      `SELECT object FROM ${schema}.changes`,
    );
    expect(row?.object).toBe('shop');
    expect(await host.dataSource.getRepository(ChangeEntity).count()).toBe(1);
  });

  it('joins the transaction of the host: its rollback undoes our write', async () => {
    const { dataSource, transactions, changes } = await start({ schema, runMigrations: true });
    await dataSource.query(`CREATE TABLE ${schema}.orders (id integer)`);
    const failed = dataSource.transaction(async (manager) => {
      await manager.query(`INSERT INTO ${schema}.orders VALUES (1)`);
      await transactions.run((tx) => changes.append(change, tx), transactionOf(manager));
      throw new Error('of the host');
    });
    await expect(failed).rejects.toThrow('of the host');
    expect(await changes.listByObject('shop', 10)).toEqual([]);

    await dataSource.transaction((manager) => changes.append(change, transactionOf(manager)));
    expect(await changes.listByObject('shop', 10)).toEqual([change]);
    expect(await dataSource.query(`SELECT * FROM ${schema}.orders`)).toEqual([]);
  });

  it('leaves the transaction of the host usable after it refused a row', async () => {
    const { dataSource, keys } = await start({ schema, runMigrations: true });
    const key = {
      algorithm: 'ES256',
      state: 'active',
      publicJwk: { kty: 'EC' },
      sealedPrivateJwk: 'sealed',
      createdAt: change.at,
      stateSince: change.at,
    } as const;
    await dataSource.transaction(async (manager) => {
      const transaction = transactionOf(manager);
      expect(await keys.insert({ ...key, kid: 'a' }, transaction)).toBe(true);
      expect(await keys.insert({ ...key, kid: 'b' }, transaction)).toBe(false);
      await manager.query('SELECT 1');
    });
    expect(await keys.listCurrent()).toHaveLength(1);
  });

  it('refuses a manager without a transaction', async () => {
    const { dataSource } = await start({ schema, runMigrations: true });
    expect(() => transactionOf(dataSource.manager)).toThrow(TypeError);
  });

  it('runs no migrations unless told to', async () => {
    const host = await start({ schema });
    const tables = () =>
      host.dataSource.query<unknown[]>(
        'SELECT FROM information_schema.tables WHERE table_schema = $1',
        [schema],
      );
    expect(await tables()).toEqual([]);
  });

  it('says at start that the DataSource does not know the entities', async () => {
    await expect(start({ schema }, false)).rejects.toMatchObject({
      code: 'ERR_OPTIONS_INVALID',
      message: expect.stringContaining('sallyportEntities') as string,
    });
  });
});
