import { barText, isShort, type Row } from '../bars.js';
import type { Summary } from '../measuring/measure.js';
import { markdownTable } from './markdown-table.js';
import type { Result } from './result.js';

const HEAD = ['what', 'bar', 'measured', 'middle half', 'reached'].concat([
  'observed',
  'µs of CPU',
  'a second',
]);
const NOTHING = HEAD.slice(3).map(() => '');

/** Every row with its bar; what could not be measured says so. */
export const resultsTable = (results: readonly Result[]): string =>
  [
    markdownTable(HEAD, results.map(cellsOf)),
    ...results.flatMap(({ row, outcome }) =>
      outcome?.note === undefined ? [] : [`${row.id}: ${outcome.note}`],
    ),
  ].join('\n');

function cellsOf(result: Result): readonly string[] {
  const { row, outcome } = result;
  if (outcome === null) return [row.what, barText(row), 'not measured', ...NOTHING];
  const { value, contender, baseline } = outcome;
  const both = (of: (summary: Summary) => number): string =>
    [contender, baseline]
      .flatMap((summary) => (summary === undefined ? [] : [significant(of(summary))]))
      .join(' / ');
  return [
    row.what,
    barText(row),
    valueText(row, value.median),
    `${significant(value.low)}–${significant(value.high)}`,
    verdictOf(result),
    outcome.observed === undefined ? '' : significant(outcome.observed),
    both(({ microseconds }) => microseconds),
    both(({ perSecond }) => perSecond),
  ];
}

/** One line. */
export const summaryOf = ({ row, outcome, error }: Result): string =>
  outcome === null
    ? `${row.id}: not measured: ${String(error).split('\n', 1)[0]}`
    : `${row.id}: ${valueText(row, outcome.value.median)} (bar ${barText(row)})`;

export const isResultShort = ({ row, outcome }: Result): boolean =>
  outcome !== null && isShort(row.bar, outcome.value.median);

const verdictOf = (result: Result): string => {
  if (result.row.bar.direction === 'reported') return '';
  return isResultShort(result) ? 'no' : 'yes';
};

/** With a digit more than the table, so that nothing looks as if it had reached it. */
export function shortOfItsBar({ row, outcome }: Result): string {
  const value = Number((outcome?.value.median ?? NaN).toPrecision(4));
  return `short of its bar: ${row.id} (${row.what}): ${value}${row.unit === '' ? '' : ` ${row.unit}`}, bar ${barText(row)}`;
}

const valueText = ({ unit }: Row, value: number): string =>
  `${significant(value)}${unit === '' ? '' : ` ${unit}`}`;

/** Three digits, or the whole number. */
const significant = (value: number): string => {
  if (!Number.isFinite(value)) return '–';
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
};
