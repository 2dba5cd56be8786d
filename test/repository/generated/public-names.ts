import ts from 'typescript';
import { readSource } from '../source-files.js';

/**
 * The public names of every entry point, read from its text: types count as much as values.
 * `export *` is refused, since then nobody decides what becomes public.
 */
export function renderPublicNames(): string {
  const { compilerOptions } = JSON.parse(readSource('tsconfig.json')) as {
    compilerOptions: { paths: Record<string, [string]> };
  };
  const entryPoints = Object.entries(compilerOptions.paths).map(
    ([name, [file]]) => [name, publicNames(file.slice('./'.length))] as const,
  );
  return JSON.stringify(Object.fromEntries(entryPoints));
}

function publicNames(file: string): string[] {
  const { statements } = ts.createSourceFile(file, readSource(file), ts.ScriptTarget.Latest);
  return statements.flatMap((statement) => exportedBy(statement, file)).sort();
}

function exportedBy(statement: ts.Statement, file: string): string[] {
  if (ts.isExportDeclaration(statement)) {
    const { exportClause, isTypeOnly } = statement;
    if (exportClause === undefined || ts.isNamespaceExport(exportClause)) {
      throw new Error(`${file} exports *: name what becomes public`);
    }
    return exportClause.elements.map((element) =>
      named(element.name.text, isTypeOnly || element.isTypeOnly),
    );
  }
  if (!ts.canHaveModifiers(statement)) return [];
  const modifiers = ts.getModifiers(statement) ?? [];
  if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) =>
      ts.isIdentifier(name)
        ? [name.text]
        : name.elements.flatMap((element) =>
            ts.isBindingElement(element) && ts.isIdentifier(element.name)
              ? [element.name.text]
              : [],
          ),
    );
  }
  const isType = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
  if (isType || ts.isClassDeclaration(statement) || ts.isFunctionDeclaration(statement)) {
    return statement.name === undefined ? [] : [named(statement.name.text, isType)];
  }
  throw new Error(`${file} exports something this list cannot name`);
}

const named = (name: string, isType: boolean): string => (isType ? `type ${name}` : name);
