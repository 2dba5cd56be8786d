import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPrivateFile, writePrivateFile } from './private-file.js';

describe('private files', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'private-file-'));
  });

  afterEach(() => rm(directory, { recursive: true }));

  const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

  it('are for their owner alone, as is a directory made for them [C18]', async () => {
    const path = join(directory, 'data', 'secret');
    await writePrivateFile(path, 'x');
    expect(await modeOf(path)).toBe(0o600);
    expect(await modeOf(join(directory, 'data'))).toBe(0o700);
  });

  it('lose on reading what rights others were given', async () => {
    const path = join(directory, 'secret');
    await writePrivateFile(path, 'x');
    await chmod(path, 0o644);
    expect(await readPrivateFile(path)).toBe('x');
    expect(await modeOf(path)).toBe(0o600);
  });

  it('are replaced as a whole, leaving no draft behind', async () => {
    const path = join(directory, 'secret');
    await writePrivateFile(path, 'old');
    await writePrivateFile(path, 'new');
    expect(await readPrivateFile(path)).toBe('new');
    expect(await readdir(directory)).toEqual(['secret']);
  });

  it('are null when there is none', async () => {
    expect(await readPrivateFile(join(directory, 'none'))).toBeNull();
  });
});
