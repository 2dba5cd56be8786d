// What `@electric-sql/pglite` is to tests (jest.config.mjs): the real one. Only `initdb`, which makes up most of the
// first start on a directory, runs once in a run instead of a hundred times: what it wrote is loaded again.
import { Blob } from 'node:buffer';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite as RealPGlite } from '../../node_modules/@electric-sql/pglite/dist/index.js';

export * from '../../node_modules/@electric-sql/pglite/dist/index.js';

const IN_MEMORY = 'memory://';
/** Where the workers of a run share it: given by `tools/test.mjs`. */
const template = process.env.TEST_PGLITE_TEMPLATE;

export class PGlite extends RealPGlite {
  static async create(directory) {
    const isNew = directory === IN_MEMORY || !existsSync(join(directory, 'PG_VERSION'));
    if (!isNew || template === undefined) return super.create(directory);
    return super.create(directory, { loadDataDir: await newDirectory() });
  }
}

async function newDirectory() {
  if (existsSync(template)) return new Blob([await readFile(template)]);
  const first = await RealPGlite.create(IN_MEMORY);
  const written = await first.dumpDataDir('none');
  await first.close();
  // Another worker may do the same at this moment: whoever reads it finds it whole.
  const own = `${template}.${process.pid}`;
  await writeFile(own, Buffer.from(await written.arrayBuffer()));
  await rename(own, template);
  return written;
}
