import { execFileSync, spawn } from 'node:child_process';
import { accessSync, chmodSync, chownSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The first executable of this name on PATH or in `more` directories, or null. */
export function findBinary(name, more = []) {
  const directories = [...(process.env.PATH ?? '').split(delimiter), ...more];
  return directories.map((directory) => join(directory, name)).find(isExecutable) ?? null;
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Who runs the servers: PostgreSQL refuses root, so root hands them to `postgres` or `nobody`. */
export function unprivileged() {
  if (process.getuid?.() !== 0) return {};
  for (const user of ['postgres', 'nobody']) {
    try {
      const id = (flag) => Number(execFileSync('id', [flag, user], { stdio: 'pipe' }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      continue;
    }
  }
  throw new Error('running as root, and there is neither a user `postgres` nor `nobody`');
}

/** A new directory that only `identity` may enter. Root's own TMPDIR may be closed to others, so root uses /tmp. */
export function privateDirectory(name, identity) {
  const directory = mkdtempSync(join(identity.uid === undefined ? tmpdir() : '/tmp', `${name}-`));
  chmodSync(directory, 0o700);
  if (identity.uid !== undefined) chownSync(directory, identity.uid, identity.gid);
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** Starts a server and resolves with its `stop` once `answers` does not throw. Rejects with its last output. */
export async function startServer({ command, args, input, identity, cwd, answers, stopSignal }) {
  const child = spawn(command, args, { ...identity, cwd, stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => (output = (output + chunk).slice(-2000)));
  }
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  let ended = false;
  const end = new Promise((resolve) => {
    child.once('error', (error) => resolve((output += error.message)));
    child.once('exit', resolve);
  }).then(() => (ended = true));

  const stop = async () => {
    if (!ended) child.kill(stopSignal);
    const patience = setTimeout(() => child.kill('SIGKILL'), 5000);
    await end;
    clearTimeout(patience);
  };
  if (await waitFor(answers, () => ended)) return stop;
  await stop();
  throw new Error(`${command} did not start: ${output.trim()}`);
}

/** Asks every 100 ms for 20 s. Returns null when it never answers or `isHopeless` becomes true. */
export async function waitFor(answers, isHopeless = () => false) {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline && !isHopeless()) {
    try {
      return await answers();
    } catch {
      await sleep(100);
    }
  }
  return null;
}
