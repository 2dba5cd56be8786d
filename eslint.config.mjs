import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const LIBRARY = 'libs/sallyport/src';
const SPECS = ['**/*.spec.ts', '**/*.contract.ts', 'test/**/*.ts'];

/** Time and chance come in by the constructor, settings through the options (STYLE 14). */
const fromOutside = [
  ['Date', 'now', 'Ask the Clock.'],
  ['Math', 'random', 'Ask Randomness.'],
  ['process', 'env', 'The library is configured by its options.'],
].map(([object, property, message]) => ({ object, property, message }));

const randomFunctions = [
  'getRandomValues',
  'randomBytes',
  'randomFill',
  'randomFillSync',
  'randomInt',
  'randomUUID',
];

/** Guards, filters, interceptors and pipes of the whole application are listed in one file (STYLE 5, rule 7). */
const globalStages = ['APP_GUARD', 'APP_FILTER', 'APP_INTERCEPTOR', 'APP_PIPE'];

const restrictedImports = (paths) => ['error', { paths }];
const randomImports = ['node:crypto', 'crypto'].map((name) => ({
  name,
  importNames: randomFunctions,
  message: 'Ask Randomness.',
}));
const stageImports = [
  { name: '@nestjs/core', importNames: globalStages, message: 'Register it in pipeline.ts.' },
];

export default defineConfig(
  globalIgnores(['**/dist/', '**/node_modules/', 'coverage/', '.data/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },

  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'no-eval': 'error',
      'object-shorthand': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/prefer-nullish-coalescing': 'error',
      // Nest modules, and classes that only carry metadata, are empty by design.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // Adapters implement asynchronous ports, not all of them have something to wait for.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Nest's options and our DTOs are classes, and are passed as literals.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // The type parameters of a port are for those who implement it.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
    },
  },

  {
    files: [`${LIBRARY}/**/*.ts`],
    ignores: [...SPECS, `${LIBRARY}/testing/**`],
    rules: {
      'no-restricted-properties': ['error', ...fromOutside],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
          message: 'Ask the Clock.',
        },
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
      ],
      'no-restricted-imports': restrictedImports([...randomImports, ...stageImports]),
    },
  },
  {
    files: [`${LIBRARY}/clock.ts`],
    rules: { 'no-restricted-syntax': 'off', 'no-restricted-properties': 'off' },
  },
  {
    files: [`${LIBRARY}/environment.ts`],
    rules: {
      'no-restricted-properties': [
        'error',
        ...fromOutside.filter(({ property }) => property !== 'env'),
      ],
    },
  },
  {
    files: [`${LIBRARY}/randomness.ts`],
    rules: { 'no-restricted-imports': restrictedImports(stageImports) },
  },
  {
    files: [`${LIBRARY}/pipeline.ts`],
    rules: { 'no-restricted-imports': restrictedImports(randomImports) },
  },

  {
    files: SPECS,
    rules: {
      // Bodies of answers and JSON read back are `any`; what they hold is what the test asserts.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Controllers of test applications and `expect(store.method)`.
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      'no-console': 'off',
    },
  },
  { files: ['apps/*/src/main.ts', 'apps/*/src/tools/**/*.ts'], rules: { 'no-console': 'off' } },

  {
    files: ['**/*.mjs', '**/*.cjs', '**/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        ['AbortSignal', 'Buffer', 'URL', 'clearInterval', 'clearTimeout', 'console', 'fetch']
          .concat(['process', 'setInterval', 'setTimeout', 'structuredClone'])
          .map((name) => [name, 'readonly']),
      ),
    },
    rules: {
      eqeqeq: 'error',
      'no-undef': 'error',
      'no-unused-vars': ['error', { ignoreRestSiblings: true }],
      'no-unreachable': 'error',
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { globals: { module: 'writable', require: 'readonly' } },
  },
);
