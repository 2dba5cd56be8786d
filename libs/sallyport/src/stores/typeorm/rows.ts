import type { EntityManager, EntityTarget, ObjectLiteral, QueryDeepPartialEntity } from 'typeorm';

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

/** A `uuid` column refuses any other text with an error that would spoil the transaction. */
export const isUuid = (text: string): boolean =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
