import { parseArgs } from 'node:util';
import { DemoTokenError } from './demo-token-error.js';

const USAGE = `usage: npm run -s call -- --as <client> [--user <user>] [--encrypted] <METHOD> <path> [-d <json> | -d @<file> | -d @-]
  --as         whose key, signature or token is carried: partner, nightly-job, backoffice-web, mobile-app …
  --user       who signs in through that client; the token is bound to a key (DPoP)
  --encrypted  bodies are, in both directions: for routes that take them so
  -d           what is sent, as JSON; @- is standard input`;

export interface CallArguments {
  readonly client: string;
  readonly user: string | undefined;
  readonly isEncrypted: boolean;
  readonly method: string;
  readonly path: string;
  /** Text, or `@` and the name of a file. */
  readonly data: string | undefined;
}

/** Throws a DemoTokenError that says what is wrong, and how it is used. */
export function readCallArguments(args: readonly string[]): CallArguments {
  try {
    return parsed(args);
  } catch (error) {
    throw new DemoTokenError(`${(error as Error).message}\n${USAGE}`);
  }
}

function parsed(args: readonly string[]): CallArguments {
  const text = { type: 'string' } as const;
  const encrypted = { type: 'boolean', default: false } as const;
  const options = { as: text, user: text, encrypted, data: { ...text, short: 'd' } };
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [method = '', path = '', ...rest] = positionals;
  const { as: client, user, encrypted: isEncrypted, data } = values;
  if (client === undefined) throw new Error('--as is missing: who calls?');
  if (!/^[A-Za-z]+$/.test(method)) throw new Error('the method is missing: GET, POST, DELETE …');
  if (!path.startsWith('/')) throw new Error('the path is missing: /v1/invoices');
  if (rest.length > 0) throw new Error(`too much: ${rest.join(' ')}`);
  const isRead = ['GET', 'HEAD'].includes(method.toUpperCase());
  if (isRead && data !== undefined) throw new Error(`${method} sends nothing: leave -d out`);
  return { client, user, isEncrypted, method: method.toUpperCase(), path, data };
}
