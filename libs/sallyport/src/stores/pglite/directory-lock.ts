import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SallyportError } from '../../errors.js';

/** `<process id>.<its start>.<number>.lock`: no name is ever used twice, so that a dead one may be removed by anyone. */
const LOCK = /^([1-9]\d*)\.([\w-]+)\.\d+\.lock$/;

/**
 * Takes the lock of a data directory and returns how to release it. PGlite itself has none, and two
 * processes on one directory lose rows. A lock whose process is gone does not count. Throws
 * ERR_OPTIONS_INVALID when another process, or this one, holds it; of several that ask at the same
 * moment at most one gets it.
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const start = await startOf(process.pid);
  const own = `${process.pid}.${start}.${process.hrtime.bigint()}.lock`;
  const release = () => rm(join(directory, own), { force: true });

  // First show, then look: of two that do so, at least one sees the other.
  await writeFile(join(directory, own), '', { flag: 'wx', mode: 0o600 });
  try {
    for (const name of await readdir(directory)) {
      const [, pid, itsStart] = LOCK.exec(name) ?? [];
      if (name === own || pid === undefined) continue;
      if (await isAlive(Number(pid), itsStart)) throw inUse(directory, pid);
      await rm(join(directory, name), { force: true });
    }
  } catch (error) {
    await release();
    throw error;
  }
  return release;
}

async function isAlive(pid: number, start: string | undefined): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  // Another process may have been given the same id since.
  return start === (await startOf(pid));
}

/** When a process started, where the system tells it: in which boot, and clock ticks since (proc(5)). */
async function startOf(pid: number): Promise<string> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in parentheses, may hold spaces. Field 22 is the 20th after it.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${boot.trim()}-${ticks ?? ''}`;
  } catch {
    return 'unknown';
  }
}

const inUse = (directory: string, pid: string): SallyportError =>
  new SallyportError('ERR_OPTIONS_INVALID', {
    reason: `the data directory ${directory} is in use by process ${pid}: stop it, or choose another directory`,
  });
