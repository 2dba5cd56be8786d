import { join } from 'node:path';
import ts from 'typescript';
import { readSource, root, sourceFiles } from './source-files.js';

interface Sample {
  readonly page: string;
  readonly number: number;
  readonly file: string;
  readonly text: string;
}

const virtualFile = (name: string): string => join(root, 'test/repository', name);

const samples: readonly Sample[] = sourceFiles('*.md', 'docs/**/*.md').flatMap((page) =>
  Array.from(readSource(page).matchAll(/^```(?:ts|typescript)\n([\s\S]*?)^```/gm)).map(
    ([, text = ''], index) => ({
      page,
      number: index + 1,
      file: virtualFile(`${page.replaceAll(/\W/g, '-')}-${String(index)}.ts`),
      text,
    }),
  ),
);

/** What the sentences around the samples speak of: names that a reader has in an app of their own. */
const SURROUNDINGS = virtualFile('samples.d.ts');
const surroundings = `
import type { ApiKeyService, ClientService } from '@sallyport/nest';
declare global {
  const env: { readonly REDIS_URL: string; readonly SALLYPORT_KEK: string };
  const clients: ClientService;
  const apiKeys: ApiKeyService;
  interface Invoice { readonly id: string; readonly owner: string }
  class InvoicesService { find(id: string): Promise<Invoice | null> }
}
`;

/** A sample with a mistake in each line, to see that they are noticed. */
const PLANTED = virtualFile('planted.ts');
const planted = `
await clients.register({ clientId: 'shop' }, { actor: 'setup' });
import { NoSuchName } from '@sallyport/nest';
export const scope: string = env.NO_SUCH_VARIABLE;
`;

/** The samples as files of this project, under its compiler options; nothing is written to disk. */
function compile(): ts.Program {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) =>
    ts.sys.readFile(path),
  ) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const virtual = new Map([
    [SURROUNDINGS, surroundings],
    [PLANTED, planted],
    ...samples.map(({ file, text }) => [file, `${text}\nexport {};\n`] as const),
  ]);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => virtual.has(path) || fileExists(path);
  host.readFile = (path) => virtual.get(path) ?? readFile(path);
  host.getSourceFile = (path, ...rest) => {
    const text = virtual.get(path);
    return text === undefined
      ? getSourceFile(path, ...rest)
      : ts.createSourceFile(path, text, ...(rest.slice(0, 1) as [ts.ScriptTarget]));
  };
  return ts.createProgram([...virtual.keys()], { ...options, noEmit: true }, host);
}

describe('Code samples in the documentation', () => {
  let program: ts.Program;
  beforeAll(() => {
    program = compile();
  });

  function mistakesIn(file: string): string[] {
    const source = program.getSourceFile(file);
    if (source === undefined) throw new Error(`${file} was not compiled`);
    return [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ].map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  }

  it.each(samples)('of $page, no. $number, compile as they stand', ({ file }) => {
    expect(mistakesIn(file)).toEqual([]);
  });

  it('would be noticed with a mistake', () => {
    expect(mistakesIn(PLANTED)).toHaveLength(3);
  });

  it('are there', () => {
    expect(samples.length).toBeGreaterThanOrEqual(3);
  });
});
