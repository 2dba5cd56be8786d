import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Builds the libraries and then the applications; `--library` stops before those. */
const root = resolve(import.meta.dirname, '..');
const library = join(root, 'libs/sallyport');
const client = join(root, 'libs/client');

const run = (script, ...args) =>
  execFileSync(process.execPath, [join(root, 'node_modules', script), ...args], {
    cwd: root,
    stdio: 'inherit',
  });

try {
  buildLibrary();
  buildClient();
  if (!process.argv.includes('--library')) buildApplications();
} catch {
  process.exitCode = 1; // the compiler has said why
}

function buildLibrary() {
  rmSync(join(library, 'dist'), { recursive: true, force: true });
  run('typescript/bin/tsc', '-p', join(library, 'tsconfig.lib.json'));
  for (const script of globSync('**/*.lua', { cwd: join(library, 'src') })) {
    copyFileSync(join(library, 'src', script), join(library, 'dist', script));
  }
}

function buildClient() {
  rmSync(join(client, 'dist'), { recursive: true, force: true });
  run('typescript/bin/tsc', '-p', join(client, 'tsconfig.lib.json'));
}

function buildApplications() {
  run('@nestjs/cli/bin/nest.js', 'build', 'reference-api');
}
