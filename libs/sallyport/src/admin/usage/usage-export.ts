import type { UsageTotal } from '../../usage/usage-query.js';
import type { Granularity } from '../../usage/usage.js';
import { DIMENSIONS, LATENCY_COLUMNS, latencyOf, orNull, rounded } from './usage.view.js';

/** Every export has these, whatever it is grouped by: what reads one reads all. */
export const EXPORT_COLUMNS: readonly string[] = [
  'startsAt',
  'granularity',
  ...DIMENSIONS,
  'calls',
  'refused',
  'cost',
  'latencyMs',
  ...LATENCY_COLUMNS,
];

type Value = string | number | null;

export interface ExportFormat {
  readonly mediaType: string;
  readonly head: string;
  line(values: readonly Value[]): string;
}

/** RFC 4180. */
const csv: ExportFormat = {
  mediaType: 'text/csv; charset=utf-8; header=present',
  head: `${EXPORT_COLUMNS.join(',')}\r\n`,
  line: (values) => `${values.map(cell).join(',')}\r\n`,
};

const jsonl: ExportFormat = {
  mediaType: 'application/x-ndjson',
  head: '',
  line: (values) =>
    `${JSON.stringify(Object.fromEntries(EXPORT_COLUMNS.map((name, index) => [name, values[index]])))}\n`,
};

export const exportFormats = { csv, jsonl } as const;

/** The file, page by page. */
export async function* exportOf(
  pages: AsyncIterable<readonly UsageTotal[]>,
  granularity: Granularity,
  format: ExportFormat,
): AsyncGenerator<string> {
  yield format.head;
  for await (const page of pages) {
    const lines = page.map((total) => format.line(valuesOf(total, granularity)));
    if (lines.length > 0) yield lines.join('');
  }
}

const valuesOf = (total: UsageTotal, granularity: Granularity): readonly Value[] => [
  total.startsAt.toISOString(),
  granularity,
  ...DIMENSIONS.map((name) => orNull(total.group[name])),
  total.calls,
  total.refused,
  total.cost,
  rounded(total.latencyMs),
  ...Object.values(latencyOf(total)),
];

/** Spreadsheets run what begins so as a formula: user agents and subjects are anyone's to choose. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

function cell(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
