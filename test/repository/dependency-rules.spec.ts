import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  readdirSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { root } from './source-files.js';

const require = createRequire(import.meta.url);
const src = 'libs/sallyport/src';

/** A file, and what it imports: a path from the root of the repository, or a package. */
type Plant = readonly [file: string, imported: string];

/** For each rule an import that breaks it, and the nearest one that does not. */
const plants: Record<string, { readonly bad: Plant; readonly good?: Plant }> = {
  'no-cycles': {
    bad: [`${src}/clients/chicken.ts`, `${src}/clients/egg.ts`],
  },
  'every-import-resolves': {
    bad: [`${src}/clients/hopeful.ts`, 'no-such-package'],
    good: [`${src}/clients/hashing.ts`, 'node:crypto'],
  },
  'the-library-declares-what-it-imports': {
    bad: [`${src}/credentials/logging.ts`, 'pino'],
    good: [`${src}/credentials/signature.ts`, 'jose'],
  },
  'structured-fields-stay-in-signatures': {
    bad: [`${src}/request/fields.ts`, 'structured-headers'],
    good: [`${src}/signatures/fields.ts`, 'structured-headers'],
  },
  'errors-depend-on-nothing': {
    bad: [`${src}/errors.ts`, `${src}/page.ts`],
  },
  'foundations-know-only-foundations': {
    bad: [`${src}/audit/nosy.ts`, `${src}/users/user.ts`],
    good: [`${src}/audit/timed.ts`, `${src}/clock.ts`],
  },
  'lifecycles-know-no-http': {
    bad: [`${src}/api-keys/web.ts`, `${src}/request/origin.ts`],
    good: [`${src}/discovery/web.controller.ts`, `${src}/request/origin.ts`],
  },
  'a-request-flows-forward-from-request': {
    bad: [`${src}/request/ahead.ts`, `${src}/principals/caller.ts`],
    good: [`${src}/request/known.ts`, `${src}/users/user.ts`],
  },
  'a-request-flows-forward-from-principals': {
    bad: [`${src}/principals/ahead.ts`, `${src}/credentials/credential.ts`],
    good: [`${src}/principals/back.ts`, `${src}/request/origin.ts`],
  },
  'a-request-flows-forward-from-credentials': {
    bad: [`${src}/credentials/ahead.ts`, `${src}/policy/decision.ts`],
    good: [`${src}/credentials/back.ts`, `${src}/principals/caller.ts`],
  },
  'a-request-flows-forward-from-policy': {
    bad: [`${src}/policy/ahead.ts`, `${src}/throttling/limit.ts`],
    good: [`${src}/policy/back.ts`, `${src}/principals/caller.ts`],
  },
  'a-request-flows-forward-from-throttling': {
    bad: [`${src}/throttling/ahead.ts`, `${src}/metering/request-meter.ts`],
    good: [`${src}/throttling/back.ts`, `${src}/policy/decision.ts`],
  },
  'metering-knows-no-surface': {
    bad: [`${src}/metering/ahead.ts`, `${src}/admin/operations.ts`],
    good: [`${src}/metering/back.ts`, `${src}/policy/decision.ts`],
  },
  'problems-know-only-errors': {
    bad: [`${src}/problems/nosy.ts`, `${src}/policy/decision.ts`],
    good: [`${src}/problems/answer.ts`, `${src}/errors.ts`],
  },
  'only-composition-reaches-adapters': {
    bad: [`${src}/policy/stored.ts`, `${src}/stores/memory/memory-user.store.ts`],
    good: [`${src}/embedded.ts`, `${src}/stores/memory/memory-user.store.ts`],
  },
  'adapters-know-no-request': {
    bad: [`${src}/stores/memory/curious.ts`, `${src}/request/origin.ts`],
    good: [`${src}/stores/memory/dutiful.ts`, `${src}/users/user.ts`],
  },
  'nothing-imports-composition': {
    bad: [`${src}/policy/circular.ts`, `${src}/pipeline.ts`],
    good: [`${src}/sallyport.module.ts`, `${src}/pipeline.ts`],
  },
  'inside-the-library-import-files': {
    bad: [`${src}/policy/lazy.ts`, `${src}/api-keys/index.ts`],
    good: [`${src}/production.ts`, `${src}/stores/redis/index.ts`],
  },
  'production-code-needs-no-test-code': {
    bad: [`${src}/clients/frozen.ts`, `${src}/testing/frozen-clock.ts`],
    good: [`${src}/clients/frozen.spec.ts`, `${src}/testing/frozen-clock.ts`],
  },
  'the-library-knows-no-application': {
    bad: [`${src}/clients/invoiced.ts`, 'apps/reference-api/src/invoices.ts'],
  },
  'the-client-depends-on-nothing': {
    bad: ['libs/client/src/node-only.ts', 'node:crypto'],
    good: ['libs/client/src/neighbourly.ts', 'libs/client/src/neighbour.ts'],
  },
  'typeorm-stays-in-its-store': {
    bad: [`${src}/clients/rows.ts`, 'typeorm'],
    good: [`${src}/stores/typeorm/rows.ts`, 'typeorm'],
  },
  'pglite-stays-in-its-store': {
    bad: [`${src}/stores/typeorm/embedded-database.ts`, '@electric-sql/pglite'],
    good: [`${src}/stores/pglite/database.ts`, '@electric-sql/pglite'],
  },
  'redis-stays-in-its-store': {
    bad: [`${src}/throttling/remote.ts`, 'ioredis'],
    good: [`${src}/stores/redis/remote.ts`, 'ioredis'],
  },
  'passport-stays-in-its-integration': {
    bad: [`${src}/credentials/old-school.ts`, '@nestjs/passport'],
    good: [`${src}/integrations/passport/strategy.ts`, '@nestjs/passport'],
  },
  'engine-behind-its-wall': {
    bad: [`${src}/authorization-server/mount/short-cut.ts`, 'oidc-provider'],
    good: [`${src}/authorization-server/provider/short-way.ts`, 'oidc-provider'],
  },
  'throttler-stays-in-throttling': {
    bad: [`${src}/policy/throttled.ts`, '@nestjs/throttler'],
    good: [`${src}/throttling/throttled.ts`, '@nestjs/throttler'],
  },
  'validation-stays-at-the-surface': {
    bad: [`${src}/clients/validated.ts`, 'class-validator'],
    good: [`${src}/admin/validated.ts`, 'class-validator'],
  },
  'openapi-stays-at-the-surface': {
    bad: [`${src}/policy/described.ts`, '@nestjs/swagger'],
  },
  'protecting-an-api-loads-no-optional-peer': {
    bad: [`${src}/index.ts`, `${src}/stores/typeorm/rows.ts`],
    good: [`${src}/throttling/index.ts`, `${src}/throttling/limit.ts`],
  },
  'applications-import-entry-points': {
    bad: ['apps/reference-api/src/deep.ts', `${src}/clients/egg.ts`],
    good: ['apps/reference-api/src/shallow.ts', '@sallyport/nest/testing'],
  },
  'applications-name-the-package': {
    bad: ['apps/reference-api/src/neighbour.ts', `${src}/testing/index.ts`],
    good: ['apps/reference-api/src/stranger.ts', '@sallyport/nest/testing'],
  },
};

interface Layers {
  readonly foundations: { readonly files: string[]; readonly folders: string[] };
  readonly lives: string[];
  readonly path: string[];
  readonly problems: string;
  readonly surfaces: string[];
  readonly stores: string;
  readonly testing: string;
}

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

describe('the direction of dependencies', () => {
  const copy = mkdtempSync(join(tmpdir(), 'sallyport-dependencies-'));
  let violations: readonly Violation[];

  beforeAll(() => {
    for (const file of [
      'tsconfig.json',
      'package.json',
      'libs/sallyport/package.json',
      'libs/client/package.json',
    ]) {
      mkdirSync(dirname(join(copy, file)), { recursive: true });
      cpSync(join(root, file), join(copy, file));
    }
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    plant([`${src}/clients/egg.ts`, `${src}/clients/chicken.ts`]);
    for (const { bad, good } of Object.values(plants))
      [bad, good].forEach((one) => one && plant(one));
    violations = cruise(copy);
  });

  afterAll(() => {
    rmSync(copy, { recursive: true, force: true });
  });

  function plant([file, imported]: Plant): void {
    const path = /^(libs|apps)\//.test(imported) ? fromFile(file, imported) : imported;
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    writeFileSync(join(copy, file), `export * as imported from '${path}';\n`, { flag: 'a' });
    if (path === imported) return;
    mkdirSync(dirname(join(copy, imported)), { recursive: true });
    writeFileSync(join(copy, imported), 'export const here = true;\n', { flag: 'a' });
  }

  it.each(Object.keys(plants))('reports %s when it is broken, and only then', (name) => {
    const { bad, good } = plants[name]!;
    const reported = violations.filter(({ rule }) => rule.name === name).map(({ from }) => from);
    expect(reported).toContain(bad[0]);
    if (good !== undefined) expect(reported).not.toContain(good[0]);
  });

  it('has a planted violation for every rule', () => {
    const { forbidden } = require(join(root, '.dependency-cruiser.cjs')) as {
      forbidden: readonly { readonly name: string }[];
    };
    expect(Object.keys(plants).sort()).toEqual(forbidden.map(({ name }) => name).sort());
  });

  it('gives every folder of the library a place', () => {
    const layers = require(join(root, 'tools/layers.cjs')) as Layers;
    const { foundations, lives, path, problems, surfaces, stores, testing } = layers;
    const placed = [
      ...foundations.folders,
      ...lives,
      ...path,
      problems,
      ...surfaces,
      stores,
      testing,
    ];
    const folders = readdirSync(join(root, src), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    expect(folders.filter((folder) => !placed.includes(folder))).toEqual([]);
  });
});

function fromFile(file: string, imported: string): string {
  const path = relative(dirname(file), imported).replace(/\.ts$/, '.js');
  return path.startsWith('.') ? path : `./${path}`;
}

function cruise(directory: string): readonly Violation[] {
  const binary = join(root, 'node_modules/.bin/depcruise');
  const config = ['--config', join(root, '.dependency-cruiser.cjs')];
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [binary, ...config, '--output-type', 'json', 'libs', 'apps'],
    { cwd: directory, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  if (stderr !== '') throw new Error(stderr);
  const { summary } = JSON.parse(stdout) as { summary: { violations: readonly Violation[] } };
  return summary.violations;
}
