import { testTitles, type Title } from '../test-titles.js';

/** docs/standards.md: what is claimed, and the test that proves it; read from the titles of the tests. */
export function renderStandardsPage(): string {
  const titles = testTitles();
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
