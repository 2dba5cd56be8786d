import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import type { DataSource, DataSourceOptions, EntityTarget, ObjectLiteral } from 'typeorm';
import { openDataSource, randomSchema } from '../../../../../test/support/postgres.js';
import { embeddedDataSourceOptions } from '../pglite/embedded-data-source.js';
import { ApiKeyEntity } from './entities/api-key.entity.js';
import { AuthorizationCodeEntity } from './entities/authorization-code.entity.js';
import { ClientEntity } from './entities/client.entity.js';
import { GrantEntity } from './entities/grant.entity.js';
import { OpaqueTokenEntity } from './entities/opaque-token.entity.js';
import { UserStateEntity } from './entities/user-state.entity.js';
import { UserTokenEntity } from './entities/user-token.entity.js';
import { postgresDataSourceOptions } from './postgres-data-source-options.js';
import { PreparedLookups } from './prepared-lookups.js';
import { recordOf, tableOf } from './rows.js';

const url = process.env.TEST_DATABASE_URL;
const servers: { name: string; options: DataSourceOptions }[] = [
  { name: 'pglite', options: embeddedDataSourceOptions({ directory: 'memory://' }) },
];
if (url !== undefined) {
  const options = { ...postgresDataSourceOptions(url), extra: { max: 1 } };
  servers.push({ name: 'postgres', options });
}

/** Enough of them for PostgreSQL to prefer an index. */
const ROWS = 5000;

describe.each(servers)('Lookups on $name', ({ options }) => {
  let dataSource: DataSource;
  let lookups: PreparedLookups;
  const schema = randomSchema();

  beforeAll(async () => {
    dataSource = await openDataSource(options, schema);
    const table = tableOf(dataSource.manager, ApiKeyEntity);
    await dataSource.query(`INSERT INTO ${table}
      (id, secret_hash, prefix, is_foreign, environment, name, client_id, scope, address_ranges,
       signed_only, client_epoch, user_epoch, created_at, use_count)
      SELECT lpad(number::text, 16, 'K'), md5(number::text), 'sp', false, 'live', 'key', 'shop',
             '{invoices:read}', '{}', false, 1, 2, '2030-01-01T00:00:00.125Z', number
        FROM generate_series(1, ${ROWS}) AS number`);
    await dataSource.query(`ANALYZE ${table}`);
  });
  beforeEach(() => (lookups = new PreparedLookups(dataSource)));
  afterAll(async () => {
    await dataSource.query(`DROP SCHEMA ${schema} CASCADE`);
    await dataSource.destroy();
  });

  const find = async (id: string) => {
    const lookup = lookups.of(ApiKeyEntity, ['id']);
    return lookup.rowOf(await lookups.run(lookup, [id]));
  };

  it('find what TypeORM finds, in the same types', async () => {
    const id = '42'.padStart(16, 'K');
    const byTypeOrm = await dataSource.manager.findOneByOrFail(ApiKeyEntity, { id });
    expect(await find(id)).toEqual(recordOf(byTypeOrm));
    expect(byTypeOrm.useCount).toBe(42);
    expect(await find('nobody')).toBeNull();
  });

  it('use the primary key of a table that has many rows', async () => {
    const { text } = lookups.of(ApiKeyEntity, ['id']);
    const plan = JSON.stringify(await dataSource.query(`EXPLAIN ${text}`, ['x']));
    expect(plan).toContain('Index Scan using api_keys_pkey');
  });

  it.each<[EntityTarget<ObjectLiteral>, readonly string[]]>([
    [ClientEntity, ['clientId']],
    [GrantEntity, ['id']],
    [AuthorizationCodeEntity, ['codeHash']],
    [UserTokenEntity, ['secretHash']],
    [OpaqueTokenEntity, ['secretHash']],
    [UserStateEntity, ['issuer', 'subject']],
  ])('have a unique index on what they look for in %p', async (entity, by) => {
    const { text } = lookups.of(entity, by);
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    // Few rows are read from end to end, unless that is forbidden.
    await runner.query('SET LOCAL enable_seqscan = off');
    const values = by.map(() => 'x');
    const plan = JSON.stringify(await runner.query(`EXPLAIN (VERBOSE) ${text}`, values));
    await runner.rollbackTransaction();
    await runner.release();
    expect(plan).toMatch(/Index Scan|Bitmap Index Scan/);
    expect(plan).not.toContain('Seq Scan');
  });

  it('hand their connection back, whatever comes of it', async () => {
    const lookup = lookups.of(ApiKeyEntity, ['id']);
    for (let round = 0; round < 3; round += 1) {
      await expect(lookups.run(lookup, [1, 2, 3])).rejects.toThrow();
    }
    // The pool has one connection alone.
    expect(await find('nobody')).toBeNull();
  });

  it('tell nothing of what was looked for when they fail', async () => {
    const lookup = lookups.of(ApiKeyEntity, ['id']);
    const error: unknown = await lookups
      .run(lookup, ['a secret', 2])
      .catch((failure: unknown) => failure);
    expect(JSON.stringify(error)).not.toContain('a secret');
  });

  it('go on without names where connections forget what was prepared', async () => {
    const warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const id = '7'.padStart(16, 'K');
    await find(id);
    await dataSource.query('DEALLOCATE ALL');
    expect((await find(id))?.id).toBe(id);
    await dataSource.query('DEALLOCATE ALL');
    expect((await find(id))?.id).toBe(id);
    expect(warned).toHaveBeenCalledTimes(1);
    warned.mockRestore();
  });
});

describe('A lookup of a database that is gone', () => {
  it('is ERR_STORE_UNAVAILABLE', async () => {
    const dataSource = await openDataSource(
      embeddedDataSourceOptions({ directory: 'memory://' }),
      randomSchema(),
    );
    const lookups = new PreparedLookups(dataSource);
    const lookup = lookups.of(ClientEntity, ['clientId']);
    await dataSource.destroy();
    await expect(lookups.run(lookup, ['shop'])).rejects.toMatchObject({
      code: 'ERR_STORE_UNAVAILABLE',
    });
  });
});
