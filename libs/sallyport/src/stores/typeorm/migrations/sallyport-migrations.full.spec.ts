import { DataSource, type DataSourceOptions } from 'typeorm';
import { randomSchema } from '../../../../../../test/support/postgres.js';
import { embeddedDataSourceOptions } from '../../pglite/embedded-data-source.js';
import { postgresDataSourceOptions } from '../postgres-data-source-options.js';
import { ApiKeyEntity } from '../entities/api-key.entity.js';
import { ClientEntity } from '../entities/client.entity.js';
import { sallyportEntities, useSchema } from '../sallyport-entities.js';
import { SenderConstraints1782000000005 } from './1782000000005-sender-constraints.js';
import { runSallyportMigrations } from './run-migrations.js';
import { sallyportMigrations } from './sallyport-migrations.js';

const url = process.env.TEST_DATABASE_URL;
const databases: { name: string; options: () => DataSourceOptions }[] = [
  { name: 'pglite', options: () => embeddedDataSourceOptions({ directory: 'memory://' }) },
  ...(url === undefined
    ? []
    : [{ name: 'postgres', options: () => postgresDataSourceOptions(url) }]),
];

describe.each(databases)('sallyportMigrations on $name', ({ name, options }) => {
  const schema = randomSchema();
  const opened: DataSource[] = [];

  const open = async () => {
    useSchema(schema);
    const dataSource = new DataSource({
      ...options(),
      entities: sallyportEntities,
      migrations: sallyportMigrations,
      logging: false,
      migrationsTableName: `${schema}_migrations`,
    });
    opened.push(await dataSource.initialize());
    return dataSource;
  };

  afterEach(async () => {
    useSchema('sallyport');
    const [first] = opened;
    await first?.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await first?.query(`DROP TABLE IF EXISTS ${schema}_migrations`);
    for (const dataSource of opened.splice(0)) await dataSource.destroy();
  });

  it('make exactly the tables of the entities', async () => {
    const dataSource = await open();
    await runSallyportMigrations(dataSource);
    const missing = await dataSource.driver.createSchemaBuilder().log();
    expect(missing.upQueries.map(({ query }) => query)).toEqual([]);
  });

  it("run through the host's own migrations, and do no harm after ours", async () => {
    const dataSource = await open();
    await runSallyportMigrations(dataSource);
    expect(await dataSource.runMigrations()).toHaveLength(sallyportMigrations.length);
    expect(await dataSource.runMigrations()).toHaveLength(0);
    await runSallyportMigrations(dataSource);
    expect(await dataSource.manager.count(sallyportEntities[0] ?? '')).toBe(0);
  });

  it('leave the clients and keys of an earlier build as they were: bound to nothing, signing nothing', async () => {
    const dataSource = await open();
    await dataSource.runMigrations();
    const since = sallyportMigrations.indexOf(SenderConstraints1782000000005);
    for (let left = sallyportMigrations.length; left > since; left--) {
      await dataSource.undoLastMigration();
    }
    await dataSource.query(
      `INSERT INTO ${schema}.clients (client_id, name, type, is_third_party, scope, grant_types, redirect_uris,
         post_logout_redirect_uris, resources, refresh_grace, requires_pushed_requests, origins, created_at, version)
       VALUES ('shop', 'Shop', 'confidential', false, '{a:read}', '{}', '{}', '{}', '{}', true, false, '{}', now(), 1)`,
    );
    await dataSource.query(
      `INSERT INTO ${schema}.api_keys (id, client_id, prefix, is_foreign, environment, secret_hash, name, scope, address_ranges,
         signed_only, client_epoch, user_epoch, created_at, use_count)
       VALUES ('0123456789abcdef', 'shop', 'sp', false, 'live', '', 'k', '{a:read}', '{}', false, 0, 0, now(), 0)`,
    );
    await dataSource.runMigrations();
    const [client] = await dataSource.manager.find(ClientEntity);
    expect(client).toMatchObject({
      clientId: 'shop',
      scope: ['a:read'],
      dpopBoundAccessTokens: false,
      tlsClientCertificateBoundAccessTokens: false,
      tlsClientAuth: null,
      selfSignedCertificates: null,
      jwksUri: null,
    });
    const [key] = await dataSource.manager.find(ApiKeyEntity);
    expect(key).toMatchObject({ clientId: 'shop', signedOnly: false, sealedSigningSecret: null });
  });

  it('are undone by the host', async () => {
    const dataSource = await open();
    await dataSource.runMigrations();
    for (let left = sallyportMigrations.length; left > 0; left--) {
      await dataSource.undoLastMigration();
    }
    const left = await dataSource.query<unknown[]>(
      'SELECT FROM information_schema.tables WHERE table_schema = $1',
      [schema],
    );
    expect(left).toEqual([]);
  });

  if (name === 'postgres') {
    it('run from several instances at once, theirs or ours', async () => {
      const instances = [await open(), await open(), await open(), await open()];
      await instances[0]?.showMigrations(); // TypeORM itself races to make its own table
      await Promise.all(
        instances.map((dataSource, index) =>
          index % 2 === 0 ? runSallyportMigrations(dataSource) : dataSource.runMigrations(),
        ),
      );
      const tables = await instances[0]?.query<unknown[]>(
        'SELECT FROM information_schema.tables WHERE table_schema = $1',
        [schema],
      );
      expect(tables).toHaveLength(sallyportEntities.length + 1);
    });
  }
});
