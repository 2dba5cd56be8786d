import ts from 'typescript';
import { readSource, sourceFiles } from './source-files.js';

/** What a test, or a group of tests, says of itself. */
export interface Title {
  readonly text: string;
  readonly file: string;
}

/** Of every test there is, by file, in the order of the source. */
export const testTitles = (): readonly Title[] =>
  sourceFiles('{libs,apps,test}/**/*.spec.ts', '{libs,apps,test}/**/*.contract.ts').flatMap(
    titlesIn,
  );

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
