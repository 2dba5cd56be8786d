import { spawnSync } from 'node:child_process';
import { findBinary } from './stores/server-process.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

export const CHROMIUM_MISSING =
  'There is no Chromium: install it (Debian: apt-get install chromium), or say where it is with CHROMIUM. None is downloaded.';

/** The Chromium of this machine, `{ path, version }`, or null. */
export function findChromium(env) {
  const candidates = env.CHROMIUM ? [env.CHROMIUM] : NAMES.map((name) => findBinary(name));
  for (const path of candidates.filter((candidate) => candidate !== null)) {
    const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
    if (status === 0) return { path, version: stdout.trim() };
  }
  return null;
}
