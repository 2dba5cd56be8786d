import { parseArgs } from 'node:util';
import { readDemoCredentials } from '../seed/demo-credentials.js';
import { DemoTokenError } from './demo-token-error.js';
import { LoginDriver, type TokenRequest } from './login-driver.js';

const USAGE =
  'usage: npm run -s token -- --client <client> [--user <user>] [--scope "<a> <b>"] [--json]';

async function main(): Promise<void> {
  const { json, ...request } = readArguments();
  const { DATA_DIR: dataDir = '.data', PORT: port } = process.env;
  const demo = await readDemoCredentials(dataDir);
  if (demo === null) {
    throw new DemoTokenError(`There is no demo in ${dataDir} yet: start the API with npm start.`);
  }
  const origin = port === undefined ? demo.api : `http://localhost:${port}`;
  const response = await new LoginDriver(demo, origin).token(request);
  console.log(json ? JSON.stringify(response, null, 2) : response.access_token);
}

function readArguments(): TokenRequest & { readonly json: boolean } {
  const text = { type: 'string' } as const;
  const options = { client: text, user: text, scope: text, json: { type: 'boolean' } } as const;
  try {
    const { client, user, scope, json = false } = parseArgs({ options }).values;
    if (client !== undefined) return { client, user, scope, json };
  } catch (error) {
    throw new DemoTokenError(`${(error as Error).message}\n${USAGE}`);
  }
  throw new DemoTokenError(`--client is missing\n${USAGE}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof DemoTokenError ? error.message : error);
  process.exitCode = 1;
});
