import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockDirectory } from './directory-lock.js';

describe('lockDirectory', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sallyport-lock-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const inUse = { code: 'ERR_OPTIONS_INVALID' };
  const lock20 = async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => lockDirectory(directory)),
    );
    return outcomes.filter((outcome) => outcome.status === 'fulfilled');
  };

  it('makes the directory, and the lock for the owner only', async () => {
    const path = join(directory, 'new', 'data');
    await lockDirectory(path);
    const [name = ''] = await readdir(path);
    expect((await stat(join(path, name))).mode & 0o777).toBe(0o600);
  });

  it('is held until it is released', async () => {
    const release = await lockDirectory(directory);
    await expect(lockDirectory(directory)).rejects.toMatchObject(inUse);
    await release();
    await (
      await lockDirectory(directory)
    )();
    expect(await readdir(directory)).toEqual([]);
  });

  it('is given to no more than one of 20 that ask at once, and leaves nothing of the others', async () => {
    const [winner, ...others] = await lock20();
    expect(others).toEqual([]);
    await winner?.value();
    expect(await readdir(directory)).toEqual([]);
  });

  it('is taken over when its process is gone, by no more than one of 20', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    await writeFile(join(directory, `${String(child.pid)}.unknown.1.lock`), '');
    const [winner, ...others] = await lock20();
    expect(others).toEqual([]);
    await winner?.value();
    await (
      await lockDirectory(directory)
    )();
    expect(await readdir(directory)).toEqual([]);
  });

  it('is taken over when its process id now belongs to another process', async () => {
    await writeFile(join(directory, `${String(process.pid)}.an-earlier-start.1.lock`), '');
    await (
      await lockDirectory(directory)
    )();
    expect(await readdir(directory)).toEqual([]);
  });

  it('leaves files alone that are no locks', async () => {
    await writeFile(join(directory, 'notes.lock'), '');
    await (
      await lockDirectory(directory)
    )();
    expect(await readdir(directory)).toEqual(['notes.lock']);
  });
});
