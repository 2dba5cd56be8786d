import { embeddedDataSource } from '@sallyport/nest/embedded';
import { runSallyportMigrations, sallyportEntities } from '@sallyport/nest/typeorm';

/** Identifiers that we make up and nobody types: UUIDv7, in the 16 bytes of a `uuid` column, which sort by time. */
describe('Identifiers of rows', () => {
  it('are uuid wherever they are not part of a credential or a name [C17]', async () => {
    const dataSource = embeddedDataSource({ directory: 'memory://', entities: sallyportEntities });
    await dataSource.initialize();
    try {
      await runSallyportMigrations(dataSource);
      const columns = await dataSource.query<{ name: string; type: string }[]>(
        `SELECT c.table_name || '.' || c.column_name AS name, c.data_type AS type
           FROM information_schema.columns c
           JOIN information_schema.key_column_usage k USING (table_schema, table_name, column_name)
          WHERE c.table_schema = 'sallyport' ORDER BY name`,
      );
      expect(Object.fromEntries(columns.map(({ name, type }) => [name, type]))).toEqual({
        'api_keys.id': 'text', // 16 base62 characters of the key itself
        'authorization_codes.code_hash': 'text', // SHA-256 of the code
        'changes.id': 'uuid',
        'client_secrets.id': 'uuid',
        'client_uses.client_id': 'text',
        'clients.client_id': 'text',
        'consents.client_id': 'text',
        'consents.issuer': 'text',
        'consents.subject': 'text',
        'encryption_keys.kid': 'text',
        'grants.id': 'text', // the engine's: `gid` of its tokens, which no sender may guess
        'login_sessions.id': 'text', // the engine's too
        'migrations.name': 'text',
        'opaque_tokens.id': 'uuid',
        'plans.kind': 'text',
        'plans.name': 'text',
        'revocations.key': 'text',
        'role_grants.id': 'uuid',
        'signing_keys.kid': 'text',
        'usage.granularity': 'text',
        'usage.series': 'text', // a digest of what the row is about
        'usage.starts_at': 'timestamp with time zone',
        'usage_batches.id': 'uuid',
        'user_states.issuer': 'text',
        'user_states.subject': 'text',
        'user_tokens.id': 'uuid',
      });
    } finally {
      await dataSource.destroy();
    }
  });
});
