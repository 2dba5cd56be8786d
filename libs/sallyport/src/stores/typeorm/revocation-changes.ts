import type { EntityManager } from 'typeorm';
import type { RevocationChange } from '../../revocation/revocation.js';
import type { RevocationChanges, RevocationCursor } from '../../revocation/revocation.store.js';
import { RevocationEntity } from './entities/revocation.entity.js';
import { tableOf } from './rows.js';

/** What a cursor says. Snapshots are PostgreSQL's own: `xmin:xmax:those under way`. */
interface Place {
  /** The server process: one that was restored or failed over may count transactions anew. */
  readonly server: string;
  readonly seen: string;
  /** Within a reading of several pages: what will have been seen at its end, and where this page ended. */
  readonly reading: Reading | null;
}

interface Reading {
  readonly until: string;
  readonly transaction: string;
  readonly key: string;
}

interface Moment {
  readonly server: string;
  readonly snapshot: string;
}

interface Row extends Moment {
  readonly transaction: string;
  /** Null where there is no row: the moment is told all the same. */
  readonly key: string | null;
  readonly kind: RevocationChange['kind'];
  readonly epoch: number;
  readonly revoked_at: Date | null;
  readonly changed_at: Date;
}

const MOMENT = `SELECT pg_current_snapshot()::text AS snapshot,
  extract(epoch FROM pg_postmaster_start_time())::text AS server`;

export async function readPosition(manager: EntityManager): Promise<RevocationCursor> {
  const [moment] = await manager.query<[Moment]>(MOMENT);
  return cursorOf({ server: moment.server, seen: moment.snapshot, reading: null });
}

/**
 * What was committed since is what an earlier snapshot does not see, whenever its transaction began. The index leads
 * to the first transaction that was under way then.
 */
export async function readChanges(
  manager: EntityManager,
  cursor: RevocationCursor,
  limit: number,
): Promise<RevocationChanges | null> {
  const place = JSON.parse(cursor) as Place;
  const { seen, reading } = place;
  const rows = await manager.query<[Row, ...Row[]]>(
    `SELECT * FROM (${MOMENT}) AS moment LEFT JOIN LATERAL (
       SELECT transaction, key, kind, epoch, revoked_at, changed_at
         FROM ${tableOf(manager, RevocationEntity)}
        WHERE transaction >= $1::bigint
          AND (transaction, key) > ($3::bigint, $4::text)
          AND NOT pg_visible_in_snapshot(transaction::text::xid8, $2::pg_snapshot)
          AND transaction < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
        ORDER BY transaction, key LIMIT $5
     ) AS changed ON true`,
    [xminOf(seen).toString(), seen, reading?.transaction ?? '0', reading?.key ?? '', limit],
  );
  const [moment] = rows;
  if (moment.server !== place.server || xmaxOf(moment.snapshot) < xminOf(seen)) return null;
  return changesOf(rows, place, limit);
}

function changesOf(rows: readonly [Row, ...Row[]], place: Place, limit: number): RevocationChanges {
  const [{ server, snapshot }] = rows;
  const until = place.reading?.until ?? snapshot;
  const changes = rows.flatMap((row) => (row.key === null ? [] : [changeOf(row, row.key)]));
  const last = rows.at(-1);
  const isComplete = changes.length < limit;
  const next: Place =
    isComplete || last === undefined || last.key === null
      ? { server, seen: until, reading: null }
      : { ...place, reading: { until, transaction: last.transaction, key: last.key } };
  return { changes, cursor: cursorOf(next), isComplete };
}

const changeOf = (row: Row, key: string): RevocationChange => ({
  key,
  kind: row.kind,
  epoch: row.epoch,
  revokedAt: row.revoked_at,
  changedAt: row.changed_at,
});

const cursorOf = (place: Place): RevocationCursor => JSON.stringify(place);

const xminOf = (snapshot: string): bigint => BigInt(snapshot.split(':')[0] ?? '0');

const xmaxOf = (snapshot: string): bigint => BigInt(snapshot.split(':')[1] ?? '0');
