import { join } from 'node:path';
import { readPrivateFile, writePrivateFile } from './private-file.js';

/** What the seed made up, in clear: for the developer who calls the demo. Member names are the file's. */
export interface DemoCredentials {
  /** `iss` of the tokens, and where the authorization server is. */
  readonly issuer: string;
  /** The API's origin: also the audience of its tokens, and their resource indicator. */
  readonly api: string;
  readonly clients: readonly {
    readonly client_id: string;
    /** Confidential clients only. */
    readonly client_secret?: string;
    readonly redirect_uris: readonly string[];
    readonly scope: string;
  }[];
  readonly apiKeys: readonly {
    readonly id: string;
    readonly client_id: string;
    readonly key: string;
    /** Keys that sign requests only (RFC 9421): 32 bytes, base64url. */
    readonly signing_secret?: string;
  }[];
  readonly users: readonly {
    readonly username: string;
    readonly password: string;
    readonly sub: string;
  }[];
}

export const demoCredentialsFile = (dataDir: string): string =>
  join(dataDir, 'demo-credentials.json');

/** Null when no API was seeded on this data directory yet. */
export async function readDemoCredentials(dataDir: string): Promise<DemoCredentials | null> {
  const text = await readPrivateFile(demoCredentialsFile(dataDir));
  return text === null ? null : (JSON.parse(text) as DemoCredentials);
}

export const writeDemoCredentials = (dataDir: string, file: DemoCredentials): Promise<void> =>
  writePrivateFile(demoCredentialsFile(dataDir), `${JSON.stringify(file, null, 2)}\n`);
