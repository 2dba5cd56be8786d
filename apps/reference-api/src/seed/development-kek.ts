import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readPrivateFile, writePrivateFile } from './private-file.js';

/** The key-encryption key of a development machine: made at the first start, kept in the data directory. */
export async function developmentKek(dataDir: string): Promise<string> {
  const path = join(dataDir, 'kek');
  const kept = await readPrivateFile(path);
  if (kept !== null) return kept.trim();
  const made = `dev:${randomBytes(32).toString('base64url')}`;
  await writePrivateFile(path, `${made}\n`);
  return made;
}
