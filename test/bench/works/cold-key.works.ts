import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
import type { INestApplication } from '@nestjs/common';
import { VerifyApiKey } from '../../../libs/sallyport/src/api-keys/verify-api-key.js';
import { guardedContext, issueKeys, registerClient } from '../apps/app-context.js';
import type { RealStores } from '../apps/real-stores.js';
import { writeKeys, type WrittenKey } from '../apps/written-keys.js';
import { each, type Work } from './work.js';

/** More by turns than an instance remembers, so that each is forgotten by the time it comes again. */
const KEYS = 40_000;

/** All that verifying does, with the record from PostgreSQL. */
export async function coldApiKey(stores: RealStores): Promise<Work> {
  const { app, keys } = await appWithKeys(stores);
  const verifier = app.get(VerifyApiKey);
  const work = each(keys, ({ text }) => verifier.verify(text, '127.0.0.1'));
  return { work, inFlight: null, close: () => app.close() };
}

/** The least that a look-up can cost: one prepared statement by primary key, on the pool of the same app. */
export async function preparedLookup(stores: RealStores): Promise<Work> {
  const { app, keys } = await appWithKeys(stores);
  const { driver } = app.get(DataSource);
  const pool = (driver as unknown as { readonly master: Pool }).master;
  const text = 'SELECT * FROM sallyport.api_keys WHERE id = $1';
  const work = each(keys, async ({ id }) => {
    const { rows } = await pool.query({ name: 'api-key', text, values: [id] });
    if (rows.length !== 1) throw new Error('the key is not there');
  });
  return { work, inFlight: null, close: () => app.close() };
}

async function appWithKeys(
  stores: RealStores,
): Promise<{ app: INestApplication; keys: readonly WrittenKey[] }> {
  const app = await guardedContext(stores);
  await registerClient(app);
  const [like = ''] = await issueKeys(app, 1);
  return { app, keys: await writeKeys(stores.database, like, KEYS) };
}
