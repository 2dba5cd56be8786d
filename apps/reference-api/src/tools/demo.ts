import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReferenceApi } from '../app.factory.js';
import { readConfig } from '../config.js';
import { readDemoCredentials } from '../seed/demo-credentials.js';
import { tellWhoMayDoWhat } from './demo-authority.js';
import { DemoCast } from './demo-cast.js';
import { DemoRun } from './demo-run.js';
import { tellOfEncryption } from './demo-encryption.js';
import { tellOfProofs } from './demo-proofs.js';
import { tellOfSignatures } from './demo-signatures.js';
import { tellOfSessions } from './demo-sessions.js';
import { freePort } from './free-port.js';

async function main(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sallyport-demo-'));
  const port = await freePort();
  const config = readConfig({
    SALLYPORT_ENV: 'development',
    LOG_LEVEL: 'silent',
    PORT: String(port),
    DATA_DIR: dataDir,
  });
  const app = await createReferenceApi({ adapter: 'express', config });
  try {
    await app.listen(port, config.host);
    const run = new DemoRun(config.publicOrigin, console.log, process.stdout.isTTY);
    const cast = await castIn(dataDir);
    await tellWhoMayDoWhat(run, cast);
    await tellOfProofs(run, cast);
    await tellOfSignatures(run, cast);
    await tellOfEncryption(run, cast);
    await tellOfSessions(run, cast);
    console.log(run.summary());
    if (!run.asExpected) process.exitCode = 1;
  } finally {
    await app.close();
    await rm(dataDir, { recursive: true });
  }
}

async function castIn(dataDir: string): Promise<DemoCast> {
  const credentials = await readDemoCredentials(dataDir);
  if (credentials === null) throw new Error('the demo was not seeded');
  return new DemoCast(credentials);
}

await main();
