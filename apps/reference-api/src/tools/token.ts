import { parseArgs } from 'node:util';
import { DemoTokenError, issueDemoToken, type DemoTokenRequest } from '../seed/demo-token.js';

const USAGE =
  'usage: npm run -s token -- --client <client> [--user <user>] [--scope "<a> <b>"] [--json]';

async function main(): Promise<void> {
  const { json, ...request } = readArguments();
  const { DATA_DIR: dataDir = '.data', PORT: port } = process.env;
  const api = port === undefined ? undefined : `http://localhost:${port}`;
  const response = await issueDemoToken(request, { dataDir, api });
  console.log(json ? JSON.stringify(response, null, 2) : response.access_token);
}

function readArguments(): DemoTokenRequest & { readonly json: boolean } {
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
