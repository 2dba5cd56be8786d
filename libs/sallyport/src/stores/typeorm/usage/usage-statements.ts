import { LATENCY_BUCKETS } from '../../../usage/latency.js';
import type { UsageDimensions } from '../../../usage/usage.js';

/** Column of each dimension. Statements are made of these names alone, never of what was sent. */
export const COLUMNS: Readonly<Record<keyof UsageDimensions, string>> = {
  clientId: 'client_id',
  apiKeyId: 'api_key_id',
  userIssuer: 'user_issuer',
  userSubject: 'user_subject',
  route: 'route',
  method: 'method',
  status: 'status',
  refusal: 'refusal',
  address: 'address',
  country: 'country',
  userAgent: 'user_agent',
};

const dimensions = Object.values(COLUMNS).join(', ');

/** Same for rows that are alike, and no others: a text of JSON is unambiguous, and hashed it is short. */
const series = (values: string): string =>
  `left(encode(sha256(convert_to(jsonb_build_array(${values})::text, 'UTF8')), 'base64'), 32)`;

const each = (format: (bucket: number) => string): string =>
  Array.from({ length: LATENCY_BUCKETS }, (_, index) => format(index + 1)).join(', ');

export const SUMS = `sum(calls)::bigint AS calls, sum(refused)::bigint AS refused,
  sum(cost)::bigint AS cost, sum(latency_ms) AS latency_ms,
  ARRAY[${each((bucket) => `sum(latency[${bucket}])::bigint`)}] AS latency`;

/** Rows of one statement are locked in one order, so that two instances never wait for each other. */
const upsert = (table: string, rows: string): string => `
  INSERT INTO ${table} AS present
    (granularity, starts_at, series, ${dimensions}, calls, refused, cost, latency_ms, latency)
  SELECT granularity, starts_at, ${series(dimensions)} AS series, ${dimensions}, ${SUMS}
    FROM ${rows}
   GROUP BY granularity, starts_at, ${dimensions}
   ORDER BY granularity, starts_at, series
  ON CONFLICT (granularity, starts_at, series) DO UPDATE SET
    calls = present.calls + excluded.calls,
    refused = present.refused + excluded.refused,
    cost = present.cost + excluded.cost,
    latency_ms = present.latency_ms + excluded.latency_ms,
    latency = ARRAY[${each((bucket) => `present.latency[${bucket}] + excluded.latency[${bucket}]`)}]`;

/** $1: rows of minutes as JSON. Each is added to its minute, hour and day. */
export const addStatement = (table: string): string => `
  WITH given AS (
    SELECT * FROM json_to_recordset($1::json) AS row (
      starts_at timestamptz, client_id text, api_key_id text, user_issuer text, user_subject text,
      route text, method text, status integer, refusal text, address text,
      country text, user_agent text,
      calls bigint, refused bigint, cost bigint, latency_ms double precision, latency bigint[])
  ), rolled AS (
    SELECT granularity, date_trunc(granularity, given.starts_at, 'UTC') AS starts_at,
           ${dimensions}, calls, refused, cost, latency_ms, latency
      FROM given CROSS JOIN unnest(ARRAY['minute', 'hour', 'day']) AS granularity
  )
  ${upsert(table, 'rolled')}`;

/** $1, $2: the user, $3: how many rows, $4: what stands in the user's place. */
export const eraseStatement = (table: string): string => `
  WITH chosen AS (
    SELECT granularity, starts_at, series FROM ${table}
     WHERE user_issuer = $1 AND user_subject = $2 AND user_subject <> ''
     ORDER BY granularity, starts_at, series LIMIT $3 FOR UPDATE
  ), gone AS (
    DELETE FROM ${table} AS old USING chosen
     WHERE old.granularity = chosen.granularity AND old.starts_at = chosen.starts_at
       AND old.series = chosen.series
    RETURNING old.*
  ), nameless AS (
    SELECT granularity, starts_at, client_id, '' AS api_key_id, $4::text AS user_issuer,
           $4::text AS user_subject, route, method, status, refusal, '' AS address,
           '' AS country, '' AS user_agent, calls, refused, cost, latency_ms, latency
      FROM gone
  ), kept AS (
    ${upsert(table, 'nameless')}
    RETURNING 1
  )
  SELECT count(*)::integer AS erased FROM gone, (SELECT count(*) FROM kept) AS written`;
