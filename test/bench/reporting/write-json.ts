import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes the folder too. */
export function writeJson(file: string, content: object): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
}
