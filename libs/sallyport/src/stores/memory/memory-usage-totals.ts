import { columnsOfDimension, type UsageQuery, type UsageTotal } from '../../usage/usage-query.js';
import { sumOf, type Granularity, type UsageDimensions, type UsageRow } from '../../usage/usage.js';

export interface StoredUsage extends UsageRow {
  readonly granularity: Granularity;
}

/** The answer to a question about all rows. */
export function totalsOf(rows: readonly StoredUsage[], query: UsageQuery): readonly UsageTotal[] {
  const columns = query.groupBy.flatMap(columnsOfDimension);
  const totals = new Map<string, UsageTotal>();
  for (const row of rows.filter((found) => matches(found, query))) {
    const total = totalOf(row, columns);
    const key = JSON.stringify([row.startsAt, Object.values(total.group)]);
    const known = totals.get(key);
    totals.set(key, known === undefined ? total : { ...known, ...sumOf(known, row) });
  }
  const { after, limit } = query;
  const last = after && [after.startsAt, ...after.values];
  return [...totals.values()]
    .filter((total) => last === undefined || compare(placeOf(total), last) > 0)
    .sort((a, b) => compare(placeOf(a), placeOf(b)))
    .slice(0, limit);
}

const matches = (row: StoredUsage, { granularity, from, to, filter }: UsageQuery): boolean =>
  row.granularity === granularity &&
  row.startsAt >= from &&
  row.startsAt < to &&
  Object.entries(filter).every(([name, value]) => row[name as keyof UsageDimensions] === value);

function totalOf(row: StoredUsage, columns: readonly (keyof UsageDimensions)[]): UsageTotal {
  const { startsAt, calls, refused, cost, latencyMs, latency } = row;
  const group = Object.fromEntries(columns.map((column) => [column, row[column]]));
  return { startsAt, group, calls, refused, cost, latencyMs, latency };
}

const placeOf = ({ startsAt, group }: UsageTotal): readonly (Date | string | number)[] => [
  startsAt,
  ...Object.values(group),
];

function compare(
  a: readonly (Date | string | number)[],
  b: readonly (Date | string | number)[],
): number {
  for (const [index, value] of a.entries()) {
    const other = b[index] ?? '';
    if (value < other) return -1;
    if (value > other) return 1;
  }
  return 0;
}
