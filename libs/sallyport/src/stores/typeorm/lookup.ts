import { hash } from 'node:crypto';
import type { DataSource, EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';
import { columnsOf, tableOf } from './rows.js';

/** The value of one column, as the entity has it. */
type Transform = (value: unknown) => unknown;

/**
 * One row by the columns that a unique index is on, as one prepared statement: TypeORM's own way builds the query and
 * its aliases anew each time, which costs several times what PostgreSQL does. The entity says which columns there are.
 */
export class Lookup<Row extends ObjectLiteral> {
  /** Of this text and no other, so that a connection prepares it once. */
  readonly name: string;
  readonly text: string;
  private readonly transforms: readonly (readonly [name: string, transform: Transform])[];

  constructor({ manager, driver }: DataSource, entity: EntityTarget<Row>, by: readonly string[]) {
    const { columns } = manager.dataSource.getMetadata(entity);
    const conditions = by.map((property, index) => {
      const column = columns.find(({ propertyName }) => propertyName === property);
      if (column === undefined) throw new TypeError(`no column ${property}`);
      return `${driver.escape(column.databaseName)} = $${String(index + 1)}`;
    });
    this.text = textOf(manager, entity, conditions);
    this.name = `sallyport_${hash('sha256', this.text, 'hex').slice(0, 32)}`;
    this.transforms = columns.flatMap(({ propertyName, transformer }) => {
      if (transformer === undefined || Array.isArray(transformer)) return [];
      return [[propertyName, (value: unknown): unknown => transformer.from(value)] as const];
    });
  }

  /** What the statement has found, with the values that the entity has for its columns. */
  rowOf([row]: readonly ObjectLiteral[]): Row | null {
    if (row === undefined) return null;
    for (const [name, transform] of this.transforms) row[name] = transform(row[name]);
    return row as Row;
  }
}

function textOf(
  manager: EntityManager,
  entity: EntityTarget<ObjectLiteral>,
  conditions: readonly string[],
): string {
  const from = `${columnsOf(manager, entity)} FROM ${tableOf(manager, entity)}`;
  return `SELECT ${from} WHERE ${conditions.join(' AND ')}`;
}
