import type { UsageQuery, UsageTotal } from '../../../usage/usage-query.js';
import type { UsageDimensions } from '../../../usage/usage.js';
import { COLUMNS, SUMS } from './usage-statements.js';

type Column = keyof UsageDimensions;

/** `bigint` comes as text. */
export type TotalRow = {
  readonly starts_at: Date;
  readonly calls: string;
  readonly refused: string;
  readonly cost: string;
  readonly latency_ms: number;
  readonly latency: readonly string[];
} & Readonly<Record<string, unknown>>;

/** The statement and its parameters. */
export function queryStatement(
  table: string,
  { granularity, from, to, filter, limit, after }: UsageQuery,
  columns: readonly Column[],
): [string, unknown[]] {
  const parameters: unknown[] = [];
  const parameter = (value: unknown): string => `$${parameters.push(value)}`;
  const conditions = [
    `granularity = ${parameter(granularity)}`,
    `starts_at >= ${parameter(from)}`,
    `starts_at < ${parameter(to)}`,
    ...Object.entries(filter).map(
      ([name, value]) => `${COLUMNS[name as Column]} = ${parameter(value)}`,
    ),
  ];
  const sorted = ['starts_at', ...columns.map((column) => COLUMNS[column])].join(', ');
  if (after !== undefined) {
    const last = [after.startsAt, ...after.values].map(parameter).join(', ');
    conditions.push(`(${sorted}) > (${last})`);
  }
  const statement = `SELECT ${sorted}, ${SUMS} FROM ${table}
    WHERE ${conditions.join(' AND ')} GROUP BY ${sorted} ORDER BY ${sorted} LIMIT ${parameter(limit)}`;
  return [statement, parameters];
}

export const totalOf = (row: TotalRow, columns: readonly Column[]): UsageTotal => ({
  startsAt: row.starts_at,
  group: Object.fromEntries(columns.map((column) => [column, row[COLUMNS[column]]])),
  calls: Number(row.calls),
  refused: Number(row.refused),
  cost: Number(row.cost),
  latencyMs: row.latency_ms,
  latency: row.latency.map(Number),
});
