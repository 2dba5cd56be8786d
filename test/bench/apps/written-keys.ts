import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { formatApiKey, parseApiKey } from '../../../libs/sallyport/src/api-keys/index.js';
import { hashSecret } from '../../../libs/sallyport/src/hashing/secret-hash.js';

const ID_LENGTH = 16;
const SECRET_LENGTH = 43;

export interface WrittenKey {
  readonly id: string;
  readonly text: string;
}

/** So many keys like the given one, written into the table in one statement. */
export async function writeKeys(
  database: string,
  like: string,
  count: number,
): Promise<readonly WrittenKey[]> {
  const parts = parseApiKey(like);
  if (parts === null) throw new TypeError('not a key');
  const hex = (length: number): string => randomBytes(length).toString('hex').slice(0, length);
  const keys = Array.from({ length: count }, () => {
    const [id, secret] = [hex(ID_LENGTH), hex(SECRET_LENGTH)];
    return { id, text: formatApiKey({ ...parts, id, secret }), hash: hashSecret(secret) };
  });
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  await client.query(
    `INSERT INTO sallyport.api_keys
     SELECT (jsonb_populate_record(template, jsonb_build_object('id', key.id, 'secret_hash', key.hash))).*
     FROM unnest($1::text[], $2::text[]) AS key (id, hash), sallyport.api_keys template
     WHERE template.id = $3`,
    [keys.map(({ id }) => id), keys.map(({ hash }) => hash), parts.id],
  );
  await client.query('ANALYZE sallyport.api_keys');
  await client.end();
  return keys;
}
