import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { errors } from '../../libs/sallyport/src/errors.js';
import { generatedFiles } from './generated/files.js';
import { readSource, root } from './source-files.js';

const isUpdate = process.env.UPDATE_DOCS === '1';

describe('Generated files', () => {
  it.each(generatedFiles)(
    '$path says what the code says (`npm run docs` writes it)',
    async (file) => {
      const path = join(root, file.path);
      const settings = { ...(await resolveConfig(path)), filepath: path };
      const text = await format(await file.render(), settings);
      if (isUpdate) {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text);
      }
      expect(readSource(file.path)).toBe(text);
    },
  );

  it('document every error code, and no other', () => {
    const headings = readSource('docs/errors.md').matchAll(/^### `(ERR_\w+)`$/gm);
    const documented = Array.from(headings, ([, code]) => code);
    expect(documented.sort()).toEqual(Object.keys(errors).sort());
  });
});
