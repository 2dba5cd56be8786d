import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { ClientError, ProblemError } from '@sallyport/client';
import { readDemoCredentials } from '../seed/demo-credentials.js';
import { readCallArguments } from './call-arguments.js';
import { demoClient } from './demo-client.js';
import { DemoTokenError } from './demo-token-error.js';

/** As curl's: the API refused; it could not be asked. */
const [REFUSED, NOT_ASKED] = [1, 2];

async function main(): Promise<void> {
  const { method, path, data, ...caller } = readCallArguments(process.argv.slice(2));
  const { DATA_DIR: dataDir = '.data', PORT: port } = process.env;
  const demo = await readDemoCredentials(dataDir);
  if (demo === null) {
    throw new DemoTokenError(`There is no demo in ${dataDir} yet: start the API with npm start.`);
  }
  const listens = port === undefined ? demo.api : `http://localhost:${port}`;
  const body = data === undefined ? undefined : await contentOf(data);
  const { fetch: call } = await demoClient(demo, caller, listens);
  const json = { headers: { 'content-type': 'application/json' } };
  const init = { method, ...(body !== undefined && { body, ...json }) };
  const response = await call(path, init).catch((error: unknown) => {
    if (error instanceof ClientError) throw error;
    throw new DemoTokenError(`No API answers on ${listens}: start it with npm start.`);
  });
  console.error(`${String(response.status)} ${response.statusText}`.trimEnd());
  if (response.ok) return tell(response);
  process.exitCode = REFUSED;
  await explain(response);
}

/** The body alone on standard output, so that it can be piped. */
async function tell(response: Response): Promise<void> {
  const content = await response.text();
  if (content === '') return;
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  console.log(isJson ? JSON.stringify(JSON.parse(content), null, 2) : content);
}

/** RFC 9457, in words; the challenge says what would have been accepted. */
async function explain(response: Response): Promise<void> {
  const { message, detail, type } = await ProblemError.of(response);
  console.error(detail === null ? message : `${message}: ${detail}`);
  console.error(type);
  for (const name of ['www-authenticate', 'accept-signature', 'retry-after']) {
    const value = response.headers.get(name);
    if (value !== null) console.error(`${name}: ${value}`);
  }
}

async function contentOf(data: string): Promise<string> {
  if (!data.startsWith('@')) return data;
  const file = data.slice(1);
  if (file === '-') return text(process.stdin);
  return readFile(file, 'utf8').catch((error: unknown) => {
    const { code = 'unknown' } = error as { readonly code?: string };
    throw new DemoTokenError(`${file} cannot be read (${code})`);
  });
}

main().catch((error: unknown) => {
  const isExpected = error instanceof DemoTokenError || error instanceof ClientError;
  console.error(isExpected ? error.message : error);
  process.exitCode = NOT_ASKED;
});
