import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findPostgres } from './stores/postgres.mjs';
import { findRedis } from './stores/redis.mjs';

/**
 * Measures what Sallyport costs and prints a table (docs/performance.md):
 * `npm run bench -- [--only PART]… [--json FILE] [--quick] [--profile ROW [--baseline]]`
 */
const root = resolve(import.meta.dirname, '..');
const rivals = join(root, 'test/bench');
const loader = pathToFileURL(join(root, 'test/support/run-typescript.mjs')).href;
const isQuick = process.argv.includes('--quick');

const cores = pinToLoadCore();
if (!isQuick) await installRivals();
const stores = isQuick ? [] : await findStores();
try {
  process.exitCode = await bench();
} finally {
  await Promise.all(stores.map(({ stop }) => stop()));
}

/** Two cores: one for the server, and one for this process and all that it starts: load, PostgreSQL and Redis. */
function pinToLoadCore() {
  const [server, load] = allowedCores();
  if (load === undefined) return null;
  // It fails over a thread that ends meanwhile, with some of the others pinned.
  for (let attempt = 0; attempt < 5; attempt++) if (pinTo(load)) return `${server},${load}`;
  pinTo(`${server},${load}`);
  return null;
}

function pinTo(list) {
  return spawnSync('taskset', ['-acp', String(list), String(process.pid)]).status === 0;
}

/** `0-1,4` becomes 0, 1, 4. Linux only. */
function allowedCores() {
  const file = '/proc/self/status';
  const list =
    existsSync(file) && /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync(file, 'utf8'))?.[1];
  return (list || '').split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return range === ''
      ? []
      : Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Not a workspace: what Sallyport is compared with is nothing that a contributor needs to install. */
async function installRivals() {
  const lock = join(rivals, 'package-lock.json');
  const installed = join(rivals, 'node_modules/.package-lock.json');
  if (existsSync(installed) && isAsLocked(lock, installed)) return;
  console.error('Installing what is measured beside Sallyport into test/bench/node_modules ...');
  const status = await run('npm', ['ci', '--prefix', rivals, '--ignore-scripts'], rivals);
  if (status !== 0) throw new Error('npm ci in test/bench failed');
}

function isAsLocked(lock, installed) {
  const versionsOf = (file) =>
    Object.entries(JSON.parse(readFileSync(file, 'utf8')).packages)
      .filter(([path, { peer, optional }]) => path !== '' && !peer && !optional)
      .map(([path, { version }]) => `${path}@${version}`);
  const present = new Set(versionsOf(installed));
  return versionsOf(lock).every((one) => present.has(one));
}

/** Those of the environment, else private ones, as for the tests. */
async function findStores() {
  console.error('Looking for PostgreSQL and Redis ...');
  const [postgres, redis] = await Promise.all([findPostgres(process.env), findRedis(process.env)]);
  for (const [name, store] of Object.entries({ PostgreSQL: postgres, Redis: redis })) {
    console.log(`${name}: ${store === null ? 'none' : `${store.version}, ${store.from}`}`);
  }
  if (postgres !== null) process.env.TEST_DATABASE_URL = postgres.url;
  if (redis !== null) process.env.TEST_REDIS_URL = redis.url;
  return [postgres, redis].filter((store) => store !== null);
}

function bench() {
  if (cores !== null) process.env.BENCH_CORES = cores;
  const program = join(root, 'test/bench/bench.ts');
  return run(process.execPath, ['--import', loader, program, ...process.argv.slice(2)], root);
}

function run(command, args, cwd) {
  const child = spawn(command, args, { cwd, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('exit', (code) => done(code ?? 1));
  });
}
