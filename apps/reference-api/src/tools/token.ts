import { parseArgs } from 'node:util';
import { readDemoCredentials } from '../seed/demo-credentials.js';
import { DemoKey } from './demo-key.js';
import { DemoTokenError } from './demo-token-error.js';
import { LoginDriver, type TokenRequest } from './login-driver.js';

const USAGE =
  'usage: npm run -s token -- --client <client> [--user <user>] [--scope "<a> <b>"] [--json | --dpop [--for "<METHOD> <path>"]]';

interface Arguments extends TokenRequest {
  readonly json: boolean;
  /** The request that a proof is made for; null: a bearer token is wanted. */
  readonly proven: { readonly method: string; readonly path: string } | null;
}

async function main(): Promise<void> {
  const { json, proven, ...request } = readArguments();
  const { DATA_DIR: dataDir = '.data', PORT: port } = process.env;
  const demo = await readDemoCredentials(dataDir);
  if (demo === null) {
    throw new DemoTokenError(`There is no demo in ${dataDir} yet: start the API with npm start.`);
  }
  const origin = port === undefined ? demo.api : `http://localhost:${port}`;
  const driver = new LoginDriver(demo, origin);
  if (proven === null) {
    const response = await driver.token(request);
    console.log(json ? JSON.stringify(response, null, 2) : response.access_token);
    return;
  }
  const key = await DemoKey.create();
  const { access_token: token } = await driver.token({ ...request, key });
  const proof = await key.proof(proven.method, `${demo.api}${proven.path}`, token);
  // As curl reads headers from a file. The key is gone then, and the token is worth no more than this one request.
  console.log(`Authorization: DPoP ${token}\nDPoP: ${proof}`);
}

function readArguments(): Arguments {
  const [text, flag] = [{ type: 'string' }, { type: 'boolean' }] as const;
  const options = {
    ...{ client: text, user: text, scope: text, for: text },
    ...{ json: flag, dpop: flag },
  } as const;
  try {
    const { values } = parseArgs({ options });
    const { client, user, scope, json = false, dpop = false } = values;
    const proven = dpop ? requestIn(values.for ?? 'GET /v1/invoices') : null;
    if (client !== undefined) return { client, user, scope, json, proven };
  } catch (error) {
    throw new DemoTokenError(`${(error as Error).message}\n${USAGE}`);
  }
  throw new DemoTokenError(`--client is missing\n${USAGE}`);
}

function requestIn(text: string): { readonly method: string; readonly path: string } {
  const [, method, path] = /^([A-Z]+) (\/[^?#]*)/.exec(text) ?? [];
  if (method !== undefined && path !== undefined) return { method, path };
  throw new Error('--for names a method and a path: "DELETE /v1/invoices/…"');
}

main().catch((error: unknown) => {
  console.error(error instanceof DemoTokenError ? error.message : error);
  process.exitCode = 1;
});
