import type { HttpResult } from './comparing.js';
import type { Comparison } from './in-process.js';
import type { Spread } from './rounds.js';

export function inProcessTable(comparisons: readonly Comparison[]): string {
  const rows = comparisons.flatMap(({ title, timings }) =>
    timings.map(({ name, microseconds, ratio }) => [
      `${title}: ${name}`,
      microseconds.median.toFixed(1),
      withSpread(ratio),
    ]),
  );
  return table(['in process', 'µs', 'times the first'], rows);
}

/** What is measured, and what the baseline is called. */
export function httpTable(title: string, baseline: string, results: readonly HttpResult[]): string {
  const rows = results.map((result) => {
    const { name, throughput, requestsPerSecond, systemMicroseconds } = result;
    const user = result.userMicroseconds.median;
    return [
      name,
      user.toFixed(0),
      (user - result.baselineUserMicroseconds.median).toFixed(0),
      systemMicroseconds.median.toFixed(0),
      withSpread(throughput),
      requestsPerSecond.median.toFixed(0),
    ];
  });
  const head = [title, 'user µs', `more than ${baseline}`, 'system µs', 'throughput', 'requests/s'];
  return table(head, rows);
}

const withSpread = ({ median, low, high }: Spread): string =>
  `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;

/** As Markdown, which reads well on a terminal too. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), line(rule), ...rows.map(line), ''].join('\n');
}
