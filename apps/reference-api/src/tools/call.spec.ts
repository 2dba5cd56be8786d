import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import {
  embeddedStores,
  startReferenceApi,
  type RunningApi,
} from '../../../../test/support/reference-api.js';
import { startTcpProxy } from '../../../../test/support/tcp-proxy.js';
import { writeDemoCredentials } from '../seed/demo-credentials.js';

const loader = pathToFileURL(join(process.cwd(), 'test/support/run-typescript.mjs')).href;
const script = join(process.cwd(), 'apps/reference-api/src/tools/call.ts');
const invoice = { department: 'Sales', amountCents: 4200, currency: 'EUR' };

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

describe('npm run call', () => {
  let api: RunningApi;
  let home: string;
  beforeAll(async () => {
    api = await startReferenceApi('express', embeddedStores);
    home = await mkdtemp(join(tmpdir(), 'sallyport-call-'));
    await writeDemoCredentials(home, api.demo);
  });
  afterAll(async () => {
    await api.close();
    await rm(home, { recursive: true });
  });

  /** As the script of package.json runs it, in a process of its own. */
  async function call(
    args: readonly string[],
    { input = '', ...variables }: Readonly<Record<string, string>> = {},
  ): Promise<Outcome> {
    const child = spawn(process.execPath, ['--import', loader, script, ...args], {
      cwd: home,
      env: { PATH: process.env.PATH, DATA_DIR: home, ...variables },
    });
    child.stdin.end(input);
    const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
    return { code, out, err };
  }
  const bodyOf = ({ out }: Outcome) => JSON.parse(out) as Readonly<Record<string, unknown>>;

  const PATH = '/v1/partner/invoices';
  const post = ['--as', 'partner', 'POST', PATH];
  const toEncrypted = (argument: string) => (argument === PATH ? `${PATH}/encrypted` : argument);

  it.each([
    ['from the command line', [...post, '-d', JSON.stringify(invoice)]],
    ['from a file', [...post, '-d', '@invoice.json']],
    ['from standard input', [...post, '--data', '@-']],
    ['that is encrypted', ['--encrypted', ...post, '-d', '@-'].map(toEncrypted)],
  ])('posts a signed invoice %s', async (_name, args) => {
    await writeFile(join(home, 'invoice.json'), JSON.stringify(invoice));
    const outcome = await call(args, { input: JSON.stringify(invoice) });
    expect([outcome.code, outcome.err]).toEqual([0, '201 Created\n']);
    expect(bodyOf(outcome)).toMatchObject({ ...invoice, status: 'draft' });
  });

  it('calls as a user by a token that is bound to a key', async () => {
    const as = ['--as', 'mobile-app', '--user', 'bob'];
    const me = await call([...as, 'GET', '/v1/me']);
    expect([me.code, me.err]).toEqual([0, '200 OK\n']);
    expect(bodyOf(me)).toMatchObject({ sub: api.sub('bob') });
    const written = await call([
      ...as,
      'post',
      '/v1/invoices',
      '-d',
      '{"amountCents":1,"currency":"EUR"}',
    ]);
    const { id } = bodyOf(written) as { id: string };
    // A route that takes bound tokens only.
    const deleted = await call([...as, 'DELETE', `/v1/invoices/${id}`]);
    expect(deleted).toEqual({ code: 0, out: '', err: '204 No Content\n' });
  });

  it("shows the back office's key beside its user's token", async () => {
    const key = api.key('backoffice-web');
    const { body } = await api.call('/v1/invoices', {
      method: 'POST',
      key,
      body: { ...invoice, department: 'Finance' },
    });
    const path = `/v1/invoices/${(body as { id: string }).id}/approve`;
    const approved = await call(['--as', 'backoffice-web', '--user', 'alice', 'POST', path]);
    expect([approved.code, bodyOf(approved).status]).toEqual([0, 'approved']);
  });

  it('tells in words what was refused, and leaves standard output empty', async () => {
    const args = ['--as', 'mobile-app', '--user', 'alice', 'POST', '/v1/invoices', '-d', '{}'];
    const { code, out, err } = await call(args);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(
      /^403 Forbidden\nScope missing: .+\nurn:sallyport:problem:insufficient-scope\nwww-auth/,
    );
    const bad = await call([...post, '-d', '{"amountCents":']);
    expect([bad.code, bad.err.slice(0, 3)]).toEqual([1, '400']);
    for (const outcome of [err, bad.err]) expect(outcome).not.toMatch(/eyJ|sp_(?:live|test)_/);
  });

  it.each([
    [
      'a file that is not there',
      [...post, '-d', '@nothing.json'],
      'nothing.json cannot be read (ENOENT)',
    ],
    ['no arguments', [], 'usage: npm run -s call -- --as <client>'],
    ['an unknown client', ['--as', 'eve', 'GET', '/'], 'there are: backoffice-web, nightly-job'],
    [
      'a public client by itself',
      ['--as', 'mobile-app', 'GET', '/v1/me'],
      'name a --user it acts for (alice',
    ],
    ['an unknown user', ['--as', 'mobile-app', '--user', 'eve', 'GET', '/v1/me'], 'No user "eve"'],
    [
      'another origin',
      ['--as', 'partner', 'GET', '//evil.test/'],
      'this client calls http://localhost',
    ],
  ])('says what is wrong with %s', async (_name, args, message) => {
    const { code, out, err } = await call(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
    expect(err).not.toContain('    at ');
  });

  it('finds the API on another port under its own name, and says when it is not there', async () => {
    const proxy = await startTcpProxy(api.url);
    const { port } = new URL(proxy.url);
    for (const as of [
      ['--as', 'partner'],
      ['--as', 'mobile-app', '--user', 'carol'],
    ]) {
      const { code } = await call([...as, 'GET', '/v1/invoices'], { PORT: port });
      expect(code).toBe(0);
    }
    await proxy.close();
    const { code, err } = await call(['--as', 'partner', 'GET', '/v1/invoices'], { PORT: port });
    expect([code, err]).toEqual([
      2,
      `No API answers on http://localhost:${port}: start it with npm start.\n`,
    ]);
  });

  it('says that nothing was seeded yet', async () => {
    const { code, err } = await call(post, { DATA_DIR: join(home, 'empty') });
    expect([code, err]).toEqual([2, expect.stringContaining('start the API with npm start')]);
  });
});
