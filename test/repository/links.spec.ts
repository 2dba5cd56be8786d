import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readSource, root, sourceFiles } from './source-files.js';

const LINK = /\[[^\]]*\]\(([^)\s]+)[^)]*\)/g;
const CODE = /```[\s\S]*?```|`[^`\n]*`/g;

const pages = sourceFiles('*.md', '{docs,libs,apps,deploy}/**/*.md');

describe('Links in the documentation', () => {
  it.each(pages)('of %s lead to files and headings that exist', (page) => {
    const text = readSource(page).replace(CODE, '');
    const broken = Array.from(text.matchAll(LINK), ([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => !leadsSomewhere(page, target));
    expect(broken).toEqual([]);
  });
});

function leadsSomewhere(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : join(dirname(page), decodeURIComponent(path));
  if (!existsSync(join(root, file))) return false;
  return anchor === undefined || !file.endsWith('.md') || anchorsOf(readSource(file)).has(anchor);
}

/** As GitHub makes them: lower case, without punctuation, a hyphen for each space. */
function anchorsOf(text: string): Set<string> {
  const headings = text.replace(/```[\s\S]*?```/g, '').matchAll(/^#+ +(.+)$/gm);
  return new Set(
    Array.from(headings, ([, heading = '']) =>
      heading
        .trim()
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
