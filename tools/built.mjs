// Runs a built file of the reference API, or says that there is none yet.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [file, ...rest] = process.argv.slice(2);
const path = resolve(import.meta.dirname, '..', file);
if (existsSync(path)) {
  process.argv.splice(1, process.argv.length - 1, path, ...rest);
  await import(pathToFileURL(path).href);
} else {
  console.error('The reference API is not built yet: run npm start first, and leave it running.');
  process.exitCode = 1;
}
