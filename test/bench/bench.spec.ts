import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { barText, rows, type Row } from './bars.js';
import { spreadOf } from './measuring/spread.js';
import { resultsTable, shortOfItsBar } from './reporting/tables.js';
import { resultOf, type Result } from './reporting/result.js';

const root = resolve(import.meta.dirname, '../..');

function rowCalled(id: string): Row {
  const row = rows.find((one) => one.id === id);
  if (row === undefined) throw new TypeError(`no row ${id}`);
  return row;
}

const measured = (id: string, median: number): Result => {
  const value = { median, low: median, high: median };
  return resultOf(rowCalled(id), { value, rounds: [median] });
};

describe('the benchmark', () => {
  it('has a bar for every row, or says that it is only reported', () => {
    expect(rows.length).toBeGreaterThan(25);
    for (const row of rows) expect(barText(row)).toMatch(/^(reported|[≥≤] [\d.]+( (ms|B))?)$/);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  });

  it('runs, prints its table and writes its results', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-bench-'));
    const json = join(folder, 'results.json');
    try {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [
        join(root, 'tools/bench.mjs'),
        ...['--quick', '--only', 'route/fastify/memory', '--json', json],
      ]);
      expect(stderr).toMatch(/\[1\/1\] route\/fastify\/memory: round 1 of 1, .* left/);
      expect(stdout).toContain('| Fastify: the same on memory stores / bare | reported |');
      const { results } = JSON.parse(await readFile(json, 'utf8'));
      expect(results[0].outcome.value.median).toBeGreaterThan(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('says of each row whether it reached its bar, and which one is short', () => {
    const short = measured('route/fastify/leased', 0.8199);
    const reached = measured('event-loop/fastify', 20);
    const table = resultsTable([short, reached]);
    expect(table).toMatch(/leased \/ bare \|\s+≥ 0.82 \|.*\| +no \|/);
    expect(table).toMatch(/full load +\| +≤ 20 ms \|.*\| +yes \|/);
    expect(shortOfItsBar(short)).toBe(
      `short of its bar: route/fastify/leased (${short.row.what}): 0.8199, bar ≥ 0.82`,
    );
  });

  it('shows a row that failed as an error, not as a blank', () => {
    const failed = resultOf(rowCalled('limiter/exact'), new Error('Redis is gone'));
    expect(resultsTable([failed])).toMatch(/\| not measured \|/);
    expect(failed.error).toContain('Redis is gone');
  });

  it('takes the median and the middle half', () => {
    expect(spreadOf([5, 1, 3, 2, 4])).toEqual({ median: 3, low: 2, high: 4 });
    expect(spreadOf([1, 2]).median).toBe(1.5);
  });
});
