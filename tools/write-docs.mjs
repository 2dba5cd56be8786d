import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

/** The spec that compares the generated files with the code writes them instead. */
const root = resolve(import.meta.dirname, '..');
const jest = resolve(root, 'node_modules/jest/bin/jest.js');
const node = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules'];
const { status } = spawnSync(
  process.execPath,
  [...node, jest, '--runInBand', 'test/repository/generated-files.spec.ts'],
  { cwd: root, stdio: 'inherit', env: { ...process.env, UPDATE_DOCS: '1' } },
);
process.exitCode = status ?? 1;
