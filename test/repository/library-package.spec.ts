import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readSource, root } from './source-files.js';

interface PackageJson {
  readonly version: string;
  readonly exports: Record<string, string | { readonly types: string; readonly default: string }>;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly peerDependencies: Record<string, string>;
  readonly peerDependenciesMeta: Record<string, { readonly optional: boolean }>;
}

const json = (file: string) => JSON.parse(readSource(file)) as PackageJson;
const library = json('libs/sallyport/package.json');
const workspace = json('package.json');
const { compilerOptions } = JSON.parse(readSource('tsconfig.json')) as {
  compilerOptions: { paths: Record<string, [string]> };
};

const entryPoints = Object.entries(library.exports).flatMap(([name, target]) =>
  typeof target === 'string' ? [] : [{ name: `@sallyport/nest${name.slice(1)}`, ...target }],
);

describe('The package @sallyport/nest', () => {
  it('has the version of the workspace', () => {
    expect(library.version).toBe(workspace.version);
  });

  const asked = { ...library.dependencies, ...library.peerDependencies };
  const { 'oidc-provider': engine, ...others } = asked;

  // We build on how it registers its grants, which no documentation promises.
  it('asks for the one version of the engine that is tested here', () => {
    expect(engine).toMatch(/^\d+\.\d+\.\d+$/);
    expect(engine).toBe(workspace.dependencies['oidc-provider']);
  });

  it.each(Object.entries(others))(
    'asks for %s %s, which takes in the version that is tested here',
    (name, range) => {
      const tested = numbers(workspace.dependencies[name] ?? '');
      const lowest = numbers(range.replace('^', ''));
      expect(range).toMatch(/^\^\d+\.\d+\.\d+$/);
      // A caret keeps the first number that is not 0.
      const kept = lowest.findIndex((number) => number > 0) + 1;
      expect(tested.slice(0, kept)).toEqual(lowest.slice(0, kept));
      expect(compare(tested, lowest)).toBeGreaterThanOrEqual(0);
    },
  );

  it('marks as optional whatever only one entry point needs', () => {
    const always = ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs'];
    const optional = Object.keys(library.peerDependencies).filter((name) => !always.includes(name));
    expect(Object.keys(library.peerDependenciesMeta).sort()).toEqual(optional.sort());
  });

  it('exports exactly the entry points that the workspace names by alias', () => {
    expect(entryPoints.map(({ name }) => name).sort()).toEqual(
      Object.keys(compilerOptions.paths)
        .filter((name) => name !== '@sallyport/client')
        .sort(),
    );
  });

  it.each(entryPoints)('exports $name from an existing source file', (entry) => {
    const source = compilerOptions.paths[entry.name]?.[0] ?? '';
    const built = source.replace('./libs/sallyport/src/', './dist/');
    expect(entry.default).toBe(built.replace(/\.ts$/, '.js'));
    expect(entry.types).toBe(built.replace(/\.ts$/, '.d.ts'));
    expect(existsSync(join(root, source))).toBe(true);
  });
});

const numbers = (version: string): number[] => version.split('.').map(Number);

function compare(a: readonly number[], b: readonly number[]): number {
  const differing = a.findIndex((number, index) => number !== b[index]);
  return differing === -1 ? 0 : (a[differing] ?? 0) - (b[differing] ?? 0);
}
