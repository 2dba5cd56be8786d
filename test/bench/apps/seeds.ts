import type { INestApplication } from '@nestjs/common';
import pg from 'pg';
import { RevocationService } from '../../../libs/sallyport/src/index.js';
import { guardedContext, issueKeys, registerClient } from './app-context.js';
import { BY, OWN_ISSUER } from './names.js';
import type { RealStores } from './real-stores.js';

/** How much has piled up before a server starts. */
export interface Seeds {
  /** Tokens that were revoked, and would be good for an hour. */
  readonly revocations?: number;
  readonly apiKeys?: number;
  /** `client-1`, `client-2`, … */
  readonly clients?: number;
}

/** Lets the services write one of each, and copies it in the database, whatever columns it has. */
export async function seed(stores: RealStores, seeds: Seeds): Promise<void> {
  const app = await guardedContext(stores);
  try {
    await registerClient(app);
    await issueKeys(app, 1);
    await revokeOne(app);
  } finally {
    await app.close();
  }
  const client = new pg.Client({ connectionString: stores.database });
  await client.connect();
  await copy(client, 'clients', seeds.clients, { client_id: `'client-' || n` });
  await copy(client, 'api_keys', seeds.apiKeys, {
    id: `md5(n::text)`,
    secret_hash: `md5(n::text || 'a') || md5(n::text || 'b')`,
  });
  await copy(client, 'revocations', seeds.revocations, {
    key: `'["token","${OWN_ISSUER}","seeded-' || n || '"]'`,
    is_published: 'true',
  });
  await client.query('VACUUM ANALYZE');
  await client.end();
}

async function revokeOne(app: INestApplication): Promise<void> {
  const token = { kind: 'token', issuer: OWN_ISSUER, jti: 'seeded-0' } as const;
  await app.get(RevocationService).revoke(token, BY);
}

/** Rows like the one that is there, save for what `but` says of row `n`. */
async function copy(
  client: pg.Client,
  table: string,
  count: number | undefined,
  but: Readonly<Record<string, string>>,
): Promise<void> {
  if (count === undefined) return;
  const { rows } = await client.query<{ name: string }>(
    `SELECT column_name AS name FROM information_schema.columns WHERE table_schema = 'sallyport' AND table_name = $1 AND is_generated = 'NEVER'`,
    [table],
  );
  const columns = rows.map(({ name }) => name);
  const values = columns.map((name) => but[name] ?? `template.${name}`);
  await client.query(
    `INSERT INTO sallyport.${table} (${columns.join(', ')})
     SELECT ${values.join(', ')} FROM generate_series(1, ${count}) n,
       (SELECT * FROM sallyport.${table} LIMIT 1) template`,
  );
}
