import { readSource, sourceFiles } from './source-files.js';

interface Term {
  readonly word: string;
  readonly standard: string;
  readonly names: readonly string[];
  readonly avoided: readonly string[];
}

const page = readSource('docs/glossary.md');

const terms = page
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .slice(2)
  .map((line): Term => {
    const [word = '', , standard = '', names = '', avoided = ''] = line
      .slice(1)
      .split('|')
      .map((cell) => cell.trim());
    return {
      word,
      standard,
      names: Array.from(names.matchAll(/`([^`]+)`/g), ([, name = '']) => name),
      avoided: avoided.split(', ').filter((text) => text !== ''),
    };
  });

const library = sourceFiles('libs/sallyport/src/**/*.ts').filter(
  (file) => !/\.(?:spec|contract)\.ts$/.test(file),
);
const source = library.map(readSource).join('\n');

/** `app secret`, `appSecret`, `AppSecret`, `app_secret`; not inside a longer word. */
const spellingsOf = (words: string): RegExp =>
  new RegExp(`(?<![A-Za-z])${words.split(' ').join('[ _-]?')}s?(?![a-z])`, 'i');

describe('The glossary', () => {
  it.each(terms)('takes "$word" from a standard, or says that it is ours [C59]', ({ standard }) => {
    expect(standard).toMatch(
      /^(?:(?:RFC \d{4}|OpenID Connect Core) §\d+(?:\.\d+)*|NIST RBAC|ours)$/,
    );
  });

  it.each(terms)('names for "$word" what is in the code [C59]', ({ names }) => {
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(source))).toEqual([]);
  });

  it('keeps one word for one thing: what it turns down is in no public name [C59]', () => {
    const publicNames = Object.values(
      JSON.parse(readSource('test/repository/public-names.json')) as Record<string, string[]>,
    )
      .flat()
      // What the page itself calls a term was chosen with open eyes.
      .filter((name) => !terms.some(({ names }) => names.includes(name)))
      // A public name in words: `ApiKeyService` → `Api Key Service`.
      .map((name) => name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' '));
    const found = terms
      .flatMap(({ avoided }) => avoided)
      .flatMap((words) =>
        publicNames.filter((name) => spellingsOf(words).test(name)).map((name) => [words, name]),
      );
    expect(terms.flatMap(({ avoided }) => avoided).length).toBeGreaterThan(15);
    expect(found).toEqual([]);
  });
});
