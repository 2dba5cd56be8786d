import ts from 'typescript';
import { readSource, sourceFiles } from '../source-files.js';

interface Title {
  readonly text: string;
  readonly file: string;
}

/** docs/standards.md: what is claimed, and the test that proves it; read from the titles of the tests. */
export function renderStandardsPage(): string {
  const titles = sourceFiles(
    '{libs,apps,test}/**/*.spec.ts',
    '{libs,apps,test}/**/*.contract.ts',
  ).flatMap(titlesIn);
  return [
    '# Standards and capabilities',
    '',
    'What is claimed here is proven by a test of that title. Written by `npm run docs` from the titles.',
    '',
    '## Standards',
    '',
    ...renderStandards(titles),
    '',
    '## Capabilities',
    '',
    'Rows of the project’s list of capabilities: C what its brief describes, W what users of comparable',
    'systems ask for most, N what is new here, T traps that others fell into.',
    '',
    '| row | proven in |',
    '| --- | --- |',
    ...renderRows(titles),
    '',
  ].join('\n');
}

function renderStandards(titles: readonly Title[]): string[] {
  const byFile = Map.groupBy(
    titles.filter(({ text }) => text.startsWith('§')),
    ({ file }) => file,
  );
  return [...byFile].flatMap(([file, claims]) => [
    `### [${file.replace(/^.*\//, '').replace('.spec.ts', '')}](../${file})`,
    '',
    ...claims.map(({ text }) => `- ${text.replaceAll('|', '\\|').replaceAll('<', '&lt;')}`),
    '',
  ]);
}

function renderRows(titles: readonly Title[]): string[] {
  const files = new Map<string, Set<string>>();
  for (const { text, file } of titles) {
    for (const [, row = ''] of text.matchAll(/\[([CWNT]\d{1,3})\]/g)) {
      files.set(row, (files.get(row) ?? new Set()).add(file));
    }
  }
  return [...files]
    .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
    .map(
      ([row, proofs]) =>
        `| ${row} | ${[...proofs].map((file) => `[${file}](../${file})`).join(', ')} |`,
    );
}

function titlesIn(file: string): Title[] {
  const source = ts.createSourceFile(file, readSource(file), ts.ScriptTarget.Latest, true);
  const titles: Title[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isTest(node.expression)) {
      const text = titleOf(node.arguments[0]);
      if (text !== null) titles.push({ text, file });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return titles;
}

/** As written; what a template fills in is left open, as in a title of `it.each`. */
function titleOf(title: ts.Expression | undefined): string | null {
  if (title === undefined) return null;
  if (ts.isStringLiteralLike(title)) return title.text;
  if (!ts.isTemplateExpression(title)) return null;
  return [title.head.text, ...title.templateSpans.map(({ literal }) => literal.text)].join('%s');
}

/** `it(…)`, `it.each(…)(…)`, `describe(…)` and `describe.each(…)(…)`: a row may stand on a whole group. */
const isTest = (expression: ts.Expression): boolean =>
  /^(?:it|test|describe)(?:\.each|\(|$)/.test(expression.getText().replaceAll(/\s+/g, ''));
