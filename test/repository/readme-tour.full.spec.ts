import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DemoCredentials } from '../../apps/reference-api/src/seed/demo-credentials.js';
import { DemoBrowser } from '../../apps/reference-api/src/tools/demo-browser.js';
import { freePort } from '../../tools/stores/free-port.mjs';
import { IssuerTransport } from '../../apps/reference-api/src/tools/issuer-transport.js';
import { readSource, root } from './source-files.js';

const hasCurl = ['curl', 'bash'].every((tool) => spawnSync(tool, ['--version']).status === 0);

/** A line of the tour, and the status its comment announces; 2xx where it announces nothing. */
interface Step {
  readonly line: string;
  readonly status: string;
}

const [, tour = ''] =
  /## Five minutes with the reference API\n([\s\S]*?)\n## /.exec(readSource('README.md')) ?? [];
const script = Array.from(tour.matchAll(/```sh\n([\s\S]*?)```/g), ([, block = '']) => block).join(
  '',
);

/** Commands by line: a backslash or an open quotation goes on in the next one. */
const commands = script.replaceAll(/\\\n|\|\n/g, (end) => (end === '|\n' ? '| ' : ' ')).split('\n');

const steps: readonly Step[] = commands
  .filter((line) => /^(?:curl|[A-Z_]+=\$\(curl)/.test(line))
  .map((line) => ({ line, status: /# (\d{3})/.exec(line)?.[1] ?? '2' }));

describe('A stranger with a clone of the repository', () => {
  const home = mkdtempSync(join(tmpdir(), 'sallyport-stranger-'));
  const children: ChildProcess[] = [];
  let port: number;

  beforeAll(async () => {
    for (const name of [
      'apps',
      'libs',
      'tools',
      'package.json',
      'tsconfig.json',
      'nest-cli.json',
    ]) {
      cpSync(join(root, name), join(home, name), {
        recursive: true,
        filter: (path) => !/[\\/]dist$/.test(path),
      });
    }
    symlinkSync(join(root, 'node_modules'), join(home, 'node_modules'));
    port = await freePort();
  });

  afterAll(async () => {
    for (const child of children.filter(isRunning)) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(home, { recursive: true, force: true });
  });

  const isRunning = ({ exitCode, signalCode }: ChildProcess) =>
    exitCode === null && signalCode === null;
  const environment = () => ({
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    PORT: String(port),
    LOG_LEVEL: 'warn',
  });

  function start(command: string, ...args: string[]): ChildProcess {
    const child = spawn(command, args, {
      cwd: home,
      env: { ...environment(), SALLYPORT_ENV: 'development' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    children.push(child);
    return child;
  }

  const answers = async (): Promise<boolean> => {
    const url = `http://localhost:${String(port)}/health/ready`;
    return (await fetch(url).catch(() => null))?.ok === true;
  };
  async function until(isSo: () => Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < 900; tries++) {
      if (await isSo()) return;
      await sleep(100);
    }
    throw new Error('it took too long');
  }

  it('starts the reference API, follows the README, and stops it', async () => {
    const app = start('npm', 'start');
    await until(answers);
    if (hasCurl) await followTour();
    app.kill('SIGTERM'); // npm passes it on, and ends by it itself
    await until(async () => !isRunning(app) && !(await answers()));
  }, 180_000);

  it('starts it again on what it kept, and lets go of it when told to stop', async () => {
    const app = start(process.execPath, 'dist/apps/reference-api/apps/reference-api/src/main.js');
    await until(answers);
    const locks = () => globSync('.data/database/**/*.lock', { cwd: home });
    expect(locks()).toHaveLength(1);
    app.kill('SIGTERM');
    await once(app, 'exit');
    expect(locks()).toEqual([]); // it was not just cut off
  }, 120_000);

  /** Every curl of the tour writes its status into a file, beside doing what the README says. */
  async function followTour(): Promise<void> {
    const statuses = join(home, 'statuses');
    const prelude = `curl() { command curl -s -w '%{stderr}%{http_code}\\n' "$@" 2>>'${statuses}'; }\n`;
    const file = join(home, 'tour.sh');
    writeFileSync(file, prelude + script.replaceAll('localhost:3000', `localhost:${String(port)}`));
    const reader = spawn('bash', [file], {
      cwd: home,
      env: environment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(reader);
    const browser = aliceAtHerBrowser();
    const output: string[] = [];
    for await (const line of createInterface(reader.stdout)) {
      output.push(line);
      const [address] = /http\S+\/oauth\/authorize\?\S+$/.exec(line) ?? [];
      if (address !== undefined) await browser.open(new URL(address));
    }
    const seen = readFileSync(statuses, 'utf8').trim().split('\n');
    expect(steps.length).toBeGreaterThanOrEqual(25);
    expect(seen.slice(0, steps.length)).toEqual(
      steps.map(({ status }) => expect.stringMatching(new RegExp(`^${status}`)) as string),
    );
    // Once with her password, once known already; and in the end the old password is none any more.
    expect(browser.visits).toEqual([
      'Back to the terminal.',
      'Back to the terminal.',
      'User name or password is wrong.',
    ]);
    expect(output.at(-1)).toMatch(/(?:200 )+(?:429 )+$/);
  }

  /** Does what the README tells its reader to do with an address that it prints. */
  function aliceAtHerBrowser() {
    const path = join(home, '.data/demo-credentials.json');
    const { issuer, api, users } = JSON.parse(readFileSync(path, 'utf8')) as DemoCredentials;
    const [{ username, password } = { username: '', password: '' }] = users;
    const browser = new DemoBrowser(new IssuerTransport(issuer, api));
    const visits: string[] = [];
    const visit = async (request: URL): Promise<string> => {
      const redirectUri = request.searchParams.get('redirect_uri') ?? '';
      const back = await browser.authorize(request, redirectUri, { username, password });
      let page: Response | null = null;
      await until(async () => (page = await fetch(back).catch(() => null)) !== null);
      return (page as Response | null)?.text() ?? '';
    };
    const open = async (request: URL): Promise<void> => {
      visits.push(await visit(request).catch((error: unknown) => (error as Error).message));
    };
    return { visits, open };
  }

  it('sees the demo answered as expected', () => {
    const output = execFileSync('npm', ['run', '--silent', 'demo'], {
      cwd: home,
      env: environment(),
      encoding: 'utf8',
    });
    const [, calls] = /(\d+) calls, all answered as expected/.exec(output) ?? [];
    expect(Number(calls)).toBeGreaterThanOrEqual(15);
    for (const status of [200, 401, 403, 404, 429])
      expect(output).toContain(`\n    ${String(status)}`);
    expect(output).not.toMatch(/sp_(?:live|test)_|eyJ/);
  }, 120_000);
});
