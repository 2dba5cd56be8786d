import { DataSource, type DataSourceOptions } from 'typeorm';
import { randomSchema } from '../../../../../../test/support/postgres.js';
import { embeddedDataSourceOptions } from '../../pglite/embedded-data-source.js';
import { postgresDataSourceOptions } from '../postgres-data-source-options.js';
import { sallyportEntities, useSchema } from '../sallyport-entities.js';
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
    expect(await dataSource.runMigrations()).toHaveLength(1);
    expect(await dataSource.runMigrations()).toHaveLength(0);
    await runSallyportMigrations(dataSource);
    expect(await dataSource.manager.count(sallyportEntities[0] ?? '')).toBe(0);
  });

  it('are undone by the host', async () => {
    const dataSource = await open();
    await dataSource.runMigrations();
    await dataSource.undoLastMigration();
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
