import type {
  DataSource,
  EntityManager,
  EntityTarget,
  ObjectLiteral,
  QueryDeepPartialEntity,
} from 'typeorm';

/** Inserts a whole row, by a statement that is written once: TypeORM's own builds it anew from the entity each time. */
export async function insertRow<Row extends object>(
  manager: EntityManager,
  entity: EntityTarget<Row>,
  row: Readonly<Row>,
): Promise<void> {
  const { driver } = manager.dataSource;
  const { columns } = manager.dataSource.getMetadata(entity);
  const fields: ObjectLiteral = row;
  const values = columns.map((column): unknown =>
    driver.preparePersistentValue(fields[column.propertyName], column),
  );
  await manager.query(insertionInto(manager, entity), values);
}

const insertions = new WeakMap<DataSource, Map<EntityTarget<ObjectLiteral>, string>>();

function insertionInto(manager: EntityManager, entity: EntityTarget<ObjectLiteral>): string {
  const { dataSource } = manager;
  const ofSource = insertions.get(dataSource) ?? new Map<EntityTarget<ObjectLiteral>, string>();
  insertions.set(dataSource, ofSource);
  const known = ofSource.get(entity);
  if (known !== undefined) return known;
  const { columns } = dataSource.getMetadata(entity);
  const names = columns.map(({ databaseName }) => dataSource.driver.escape(databaseName)).join();
  const places = columns.map((_, index) => `$${String(index + 1)}`).join();
  const text = `INSERT INTO ${tableOf(manager, entity)} (${names}) VALUES (${places})`;
  ofSource.set(entity, text);
  return text;
}

/** False when a unique index holds the row already. No error, which would spoil the transaction. */
export async function insertUnlessTaken<Row extends ObjectLiteral>(
  manager: EntityManager,
  entity: EntityTarget<Row>,
  row: QueryDeepPartialEntity<Row>,
): Promise<boolean> {
  const [key = ''] = manager.dataSource.getMetadata(entity).primaryColumns.map(propertyOf);
  const inserted = await manager
    .createQueryBuilder()
    .insert()
    .into(entity)
    .values(row)
    .orIgnore()
    .returning([key])
    .updateEntity(false)
    .execute();
  return (inserted.raw as readonly unknown[]).length === 1;
}

const propertyOf = ({ propertyName }: { readonly propertyName: string }): string => propertyName;

/** The entity as a plain record, so that none leaves this folder. */
export const recordOf = <Row extends object>(row: Row): Row => ({ ...row });

/** The quoted name of the entity's table, with its schema. */
export function tableOf(manager: EntityManager, entity: EntityTarget<ObjectLiteral>): string {
  const { driver } = manager.dataSource;
  const { tablePath } = manager.dataSource.getMetadata(entity);
  return tablePath
    .split('.')
    .map((part) => driver.escape(part))
    .join('.');
}

/** For RETURNING and SELECT: every column, under the name that the entity has for it. */
export function columnsOf(manager: EntityManager, entity: EntityTarget<ObjectLiteral>): string {
  const { driver } = manager.dataSource;
  return manager.dataSource
    .getMetadata(entity)
    .columns.map(({ databaseName, propertyName }) =>
      [databaseName, propertyName].map((name) => driver.escape(name)).join(' AS '),
    )
    .join(', ');
}

/**
 * Deletes up to `limit` rows whose `expires_at` is before `before`, those that expired first; returns how many.
 * Passes over rows that someone else is writing.
 */
export async function pruneExpired(
  manager: EntityManager,
  entity: EntityTarget<ObjectLiteral>,
  before: Date,
  limit: number,
): Promise<number> {
  const table = tableOf(manager, entity);
  const [, deleted] = await manager.query<[unknown, number]>(
    `WITH old AS (
       SELECT id FROM ${table} WHERE expires_at < $1
        ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
     )
     DELETE FROM ${table} AS present USING old WHERE present.id = old.id`,
    [before, limit],
  );
  return deleted;
}

/** A `uuid` column refuses any other text with an error that would spoil the transaction. */
export const isUuid = (text: string): boolean =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
