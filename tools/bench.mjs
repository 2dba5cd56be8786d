import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Measures, in about four minutes, and prints tables: `npm run bench -- [--only in-process|http|tokens] [--json FILE]`. */
const root = resolve(import.meta.dirname, '..');
const loader = pathToFileURL(join(root, 'test/support/run-typescript.mjs')).href;
const { TEST_DATABASE_URL, TEST_REDIS_URL } = process.env;
if (TEST_DATABASE_URL === undefined || TEST_REDIS_URL === undefined) {
  console.log('Without TEST_DATABASE_URL and TEST_REDIS_URL: memory stores only.');
}
const child = spawn(
  process.execPath,
  ['--import', loader, join(root, 'test/bench/bench.ts'), ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.once('exit', (code) => (process.exitCode = code ?? 1));
