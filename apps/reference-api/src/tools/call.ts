import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ClientError, createClient, type ClientOptions } from '@sallyport/client';
import { readDemoCredentials, type DemoCredentials } from '../seed/demo-credentials.js';
import { DemoTokenError } from './demo-token-error.js';

const USAGE =
  'usage: npm run -s call -- --as <client> [--encrypted] <METHOD> <path> [-d <json> | -d @<file>]';

interface Arguments {
  readonly client: string;
  readonly method: string;
  readonly path: string;
  readonly data: string | undefined;
  readonly isEncrypted: boolean;
}

async function main(): Promise<void> {
  const { client, method, path, data, isEncrypted } = readArguments();
  const { DATA_DIR: dataDir = '.data' } = process.env;
  const demo = await readDemoCredentials(dataDir);
  if (demo === null) {
    throw new DemoTokenError(`There is no demo in ${dataDir} yet: start the API with npm start.`);
  }
  const body = data?.startsWith('@') === true ? await readFile(data.slice(1), 'utf8') : data;
  const response = await createClient({
    origin: demo.api,
    ...credentialsOf(demo, client),
    ...(isEncrypted && { encryptedBodies: {} }),
  }).fetch(path, {
    method,
    ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
  });
  // The body alone on standard output, so that it can be piped.
  console.error(`${String(response.status)} ${response.statusText}`);
  console.log(await response.text());
  if (!response.ok) process.exitCode = 1;
}

/** A key that signs never travels. */
function credentialsOf(
  { apiKeys }: DemoCredentials,
  clientId: string,
): Pick<ClientOptions, 'apiKey' | 'signature'> {
  const key = apiKeys.find(({ client_id: owner }) => owner === clientId);
  if (key === undefined) throw new DemoTokenError(`${clientId} has no API key in the demo`);
  const { id: keyId, key: apiKey, signing_secret: secret } = key;
  return secret === undefined ? { apiKey } : { signature: { keyId, secret } };
}

function readArguments(): Arguments {
  const options = {
    as: { type: 'string' },
    data: { type: 'string', short: 'd' },
    encrypted: { type: 'boolean', default: false },
  } as const;
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const [method, path, ...rest] = positionals;
    const { as: client, data, encrypted: isEncrypted } = values;
    if (client !== undefined && method !== undefined && path !== undefined && rest.length === 0) {
      return { client, method, path, data, isEncrypted };
    }
  } catch (error) {
    throw new DemoTokenError(`${(error as Error).message}\n${USAGE}`);
  }
  throw new DemoTokenError(USAGE);
}

main().catch((error: unknown) => {
  const isExpected = error instanceof DemoTokenError || error instanceof ClientError;
  console.error(isExpected ? error.message : error);
  process.exitCode = 1;
});
