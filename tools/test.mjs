import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CHROMIUM_MISSING, findChromium } from './chromium.mjs';
import { findPostgres } from './stores/postgres.mjs';
import { findRedis } from './stores/redis.mjs';

const root = resolve(import.meta.dirname, '..');
const temporary = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
const resultsFile = join(temporary, 'results.json');
const isFull = process.argv.includes('--full');
const isBrowser = process.argv.includes('--browser');
const jestArguments = process.argv
  .slice(2)
  .filter((argument) => !['--full', '--browser'].includes(argument));
const needsAll = process.env.TEST_STORES === 'all';

const problems = [];
const running = [];
let interruption = null;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    interruption ??= signal;
    for (const child of running) child.kill(signal);
  });
}

const stores = {
  PostgreSQL: await tryToFind('DATABASE_URL', findPostgres),
  Redis: await tryToFind('REDIS_URL', findRedis),
};
const missing = Object.entries(stores).filter(([, store]) => store.url === undefined);
const chromium = isBrowser ? findChromium(process.env) : null;
if (isBrowser && chromium === null) problems.push(CHROMIUM_MISSING);
let summary = { passed: 0, failed: 0, skipped: 0 };

try {
  if (missing.length > 0 && needsAll) {
    const reasons = missing.map(([name, { reason }]) => `${name} (${reason})`);
    problems.push(`TEST_STORES=all needs every store, but is missing ${reasons.join(' and ')}.`);
  } else if (interruption === null && problems.length === 0) {
    summary = await runJest();
  }
} finally {
  await Promise.all(Object.values(stores).map((store) => store.stop?.()));
  rmSync(temporary, { recursive: true, force: true });
}
report();

/** `{ url, version, from, stop }`, or `{ reason }` why there is none. A store that was asked for by URL must answer. */
async function tryToFind(variable, find) {
  try {
    const store = await find(process.env);
    return store ?? { reason: `no ${variable}, no server binary, no Docker` };
  } catch (error) {
    const isGiven = (process.env[`TEST_${variable}`] ?? process.env[variable]) !== undefined;
    const reason = `${error.code ?? ''} ${error.message}`.trim();
    if (isGiven) problems.push(`${variable} was given, but does not answer: ${reason}`);
    return { reason };
  }
}

/** The URLs go by their test names only, so that no code under test picks a store up by itself. */
function environment() {
  const { DATABASE_URL, REDIS_URL, TEST_DATABASE_URL, TEST_REDIS_URL, ...others } = process.env;
  const { PostgreSQL, Redis } = stores;
  return {
    ...others,
    ...(PostgreSQL.url !== undefined && { TEST_DATABASE_URL: PostgreSQL.url }),
    ...(Redis.url !== undefined && { TEST_REDIS_URL: Redis.url }),
    ...(chromium !== null && { TEST_CHROMIUM: chromium.path }),
    TEST_PGLITE_TEMPLATE: join(temporary, 'pglite.tar'),
  };
}

async function runJest() {
  const node = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules'];
  const jest = [join(root, 'node_modules/jest/bin/jest.js'), '--maxWorkers=2'];
  const child = spawn(
    process.execPath,
    [...node, ...jest]
      .concat(scope())
      .concat(['--json', `--outputFile=${resultsFile}`, ...jestArguments]),
    { cwd: root, env: environment(), stdio: 'inherit' },
  );
  running.push(child);
  const hangs = endWhenHanging(child);
  const code = await new Promise((done) => child.once('exit', (status) => done(status ?? 1)));
  clearInterval(hangs);
  return summarise(code);
}

/** What runs beside, or instead of, what jest.config.mjs says. */
function scope() {
  const ignored = ['/node_modules/', '/dist/'];
  const ignoring = (patterns) => patterns.map((pattern) => `--testPathIgnorePatterns=${pattern}`);
  if (isBrowser) return [...ignoring(ignored), '--testMatch=**/*.browser.spec.ts'];
  return isFull ? ignoring([...ignored, '\\.browser\\.spec\\.ts$']) : [];
}

/** Jest waits for ever for what a test left open; ten seconds after its results, that is a failure. */
function endWhenHanging(child) {
  let checks = 0;
  return setInterval(() => {
    if (!existsSync(resultsFile) || ++checks < 10) return;
    problems.push('Jest did not end: a test left a server, a timer or a connection open.');
    child.kill('SIGKILL');
  }, 1000);
}

function summarise(code) {
  if (!existsSync(resultsFile)) return { passed: 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  const results = JSON.parse(readFileSync(resultsFile, 'utf8'));
  const broken = results.numRuntimeErrorTestSuites;
  const failed = results.numFailedTests + broken;
  if (code !== 0 && failed === 0 && problems.length === 0)
    problems.push(`Jest ended with ${code}.`);
  return { passed: results.numPassedTests, failed, skipped: results.numPendingTests };
}

function report() {
  const covered = ['memory', 'PGlite'];
  for (const [name, { version, from }] of Object.entries(stores)) {
    if (version !== undefined) covered.push(`${name} ${version} (${from})`);
  }
  console.log(`\nStores covered: ${covered.join(', ')}`);
  if (chromium !== null) console.log(`Browser covered: ${chromium.version}`);
  for (const [name, { reason }] of missing) console.log(`Stores not covered: ${name} (${reason})`);
  const vectors = process.env.TEST_VECTORS ?? resolve(root, '../shared/vectors');
  if (!existsSync(vectors)) console.log(`Test vectors not covered: ${vectors} does not exist`);
  if (summary.skipped > 0) console.log(`Not run: ${summary.skipped}`);
  if (interruption !== null) problems.push(`Interrupted by ${interruption}.`);
  for (const problem of problems) console.log(problem);

  const failed = Math.max(summary.failed, problems.length > 0 ? 1 : 0);
  console.log(`${summary.passed} passed, ${failed} failed`);
  const signalled = interruption === null ? null : 128 + constants.signals[interruption];
  process.exitCode = signalled ?? (failed === 0 ? 0 : 1);
}
