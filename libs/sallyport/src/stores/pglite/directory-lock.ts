import { mkdir, link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SallyportError } from '../../errors.js';

/**
 * Takes the lock of a data directory and returns how to release it. PGlite itself has none, and two
 * processes on one directory lose rows. A lock whose process is gone is taken over.
 * Throws ERR_OPTIONS_INVALID when another process, or this one, holds it.
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'lock');
  const holder = `${process.pid} ${await startOf(process.pid)}\n`;
  const own = `${path}.${process.pid}.${process.hrtime.bigint()}`;

  await writeFile(own, holder, { mode: 0o600 });
  try {
    // A link appears with its content or not at all, and only one can be made.
    while (!(await linked(own, path))) {
      const found = await textOf(path);
      if (found !== null && (await isAlive(found))) throw inUse(directory, found);
      if (found !== null) await removeStale(path, found, own);
    }
  } finally {
    await rm(own, { force: true });
  }
  return async () => {
    if ((await textOf(path)) === holder) await rm(path, { force: true });
  };
}

/** Two may find the same stale lock; whoever moves another one than it found puts it back. */
async function removeStale(path: string, found: string, own: string): Promise<void> {
  const aside = `${own}.stale`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if ((await textOf(aside)) !== found) await linked(aside, path);
  await rm(aside, { force: true });
}

async function isAlive(holder: string): Promise<boolean> {
  const [pid = '', start = ''] = holder.trim().split(' ');
  if (!/^[1-9]\d*$/.test(pid)) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
  }
  // Another process may have been given the same number since.
  return start === (await startOf(Number(pid)));
}

/** When a process started, where the system tells it: since which boot, in clock ticks (proc(5)). */
async function startOf(pid: number): Promise<string> {
  const stat = await textOf(`/proc/${pid}/stat`);
  if (stat === null) return '-';
  const boot = await textOf('/proc/sys/kernel/random/boot_id');
  // The name of the program, in parentheses, may hold spaces. Field 22 is the 20th after it.
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return `${boot?.trim() ?? ''}:${ticks ?? ''}`;
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException).code;

const inUse = (directory: string, holder: string): SallyportError =>
  new SallyportError('ERR_OPTIONS_INVALID', {
    reason: `the data directory ${directory} is in use by process ${holder.split(' ')[0] ?? ''}: stop it, or choose another directory`,
  });
