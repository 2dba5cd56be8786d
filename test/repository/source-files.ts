import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = process.cwd();

const generated = new Set(['node_modules', 'dist', 'coverage', '.git', '.data']);

/** Files of the repository that match, relative to its root; nothing that was installed or built. */
export function sourceFiles(...patterns: string[]): string[] {
  return globSync(patterns, { cwd: root, exclude: (name) => generated.has(name) }).sort();
}

export const readSource = (file: string): string => readFileSync(join(root, file), 'utf8');
