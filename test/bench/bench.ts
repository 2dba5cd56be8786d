/** `npm run bench`, once `tools/bench.mjs` has found the stores, installed the rivals and pinned this process. */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { rows, type Row } from './bars.js';
import { measures } from './measures.js';
import { BenchServer } from './measuring/bench-server.js';
import { howPinned } from './measuring/cores.js';
import { MEASURING, QUICK } from './measuring/pace.js';
import { profile } from './reporting/profile-report.js';
import { Progress } from './reporting/progress.js';
import { isResultShort, resultsTable, shortOfItsBar } from './reporting/tables.js';
import { writeJson } from './reporting/write-json.js';
import { runRows } from './run-rows.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    json: { type: 'string', default: '.data/bench/results.json' },
    quick: { type: 'boolean', default: false },
    profile: { type: 'string' },
    baseline: { type: 'boolean', default: false },
  },
});
const pace = values.quick ? QUICK : MEASURING;
const machine = `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}; ${howPinned()}`;
console.log(`${machine}\n`);

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Whatever is under way fails, and takes its database away.
    interruption.abort();
    BenchServer.endAll();
  });
}

if (values.profile === undefined) await measureRows();
else await profileRow(values.profile);

async function measureRows(): Promise<void> {
  const { only = [], quick } = values;
  const wanted = only.length === 0 ? rows : rows.filter(({ id }) => only.some(matching(id)));
  if (wanted.length === 0) throw new TypeError(`no row is called ${only.join(' or ')}`);
  const results = await runRows(wanted, pace, interruption.signal);
  console.log(resultsTable(results));
  writeJson(values.json, { machine, at: new Date().toISOString(), results });
  const failed = results.filter(({ outcome }) => outcome === null);
  for (const { row, error } of failed) {
    console.log(`${quick ? 'not measured' : 'failed'}: ${row.id}: ${error ?? 'unknown'}`);
  }
  const short = quick ? [] : results.filter(isResultShort);
  for (const result of short) console.log(shortOfItsBar(result));
  const isWrong = short.length > 0 || failed.some(({ wasTried }) => wasTried || !quick);
  process.exitCode = isWrong ? 1 : 0;
}

async function profileRow(id: string): Promise<void> {
  const row = rows.find((one) => one.id === id);
  if (row === undefined) throw new TypeError(`no row is called ${id}`);
  const measure = measures[row.id];
  const progress = new Progress(1, measure.seconds, process.stderr);
  progress.begin(0, row.id, measure.seconds);
  const of = values.baseline ? 'baseline' : 'contender';
  const report = await profile({ pace, progress }, measure, { id, of, folder: '.data/bench' });
  progress.say('');
  console.log(report);
}

/** `route`, `route/fastify` and `route/fastify/leased` are names of the same row. */
function matching(id: Row['id']): (name: string) => boolean {
  return (name) => id === name || id.startsWith(`${name}/`);
}
