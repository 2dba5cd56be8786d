import { readSource, sourceFiles } from './source-files.js';

/** A directive of ESLint or the compiler, and what the rest of the line says. */
const DIRECTIVE = /(?:\/\/|\/\*|\*)\s*(eslint-disable[\w-]*|@ts-[a-z-]+)([^\n]*)/g;

/** ESLint's own form: rules, ` -- `, reason. Without a rule it silences everything. */
const NAMED_RULES_AND_REASON = /^\s+[\w@/, -]*\w\s+--\s+\S.{9,}/;

function unexplained(text: string): string[] {
  return Array.from(text.matchAll(DIRECTIVE))
    .filter(([, name = '', rest = '']) =>
      name.startsWith('eslint')
        ? !NAMED_RULES_AND_REASON.test(rest)
        : name !== '@ts-expect-error' || rest.trim().length < 10,
    )
    .map(([directive]) => directive.trim());
}

describe('Suppressed rules', () => {
  const silence = '// eslint-' + 'disable-next-line';
  const ignore = '// @ts-' + 'ignore';

  it.each([silence, `${silence} no-console`, `${silence} -- because it is so`, ignore])(
    'finds %j unexplained',
    (line) => {
      expect(unexplained(line)).toHaveLength(1);
    },
  );

  it('takes a named rule with its reason on the same line', () => {
    expect(unexplained(`${silence} no-console -- the tool prints its result`)).toEqual([]);
  });

  it('are explained on the same line everywhere in the repository', () => {
    const files = sourceFiles('**/*.{ts,mjs,cjs}', '.*.cjs');
    const found = files.flatMap((file) =>
      unexplained(readSource(file)).map((directive) => `${file}: ${directive}`),
    );
    expect(files.length).toBeGreaterThan(50);
    expect(found).toEqual([]);
  });
});
