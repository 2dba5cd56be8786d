/** Run through `npm test`, which gives Jest the ESM flag and checks the runtime first. */
const alias = (name, file) => [`^@sallyport/nest${name}$`, `<rootDir>/libs/sallyport/src/${file}`];

export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/libs', '<rootDir>/apps', '<rootDir>/test', '<rootDir>/tools'],
  testMatch: ['**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '\\.(full|browser)\\.spec\\.ts$'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/libs/[a-z]+/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      'ts-jest',
      { useESM: true, diagnostics: false, tsconfig: '<rootDir>/tsconfig.json' },
    ],
  },
  moduleNameMapper: Object.fromEntries([
    ['^(\\.{1,2}/.*)\\.js$', ['$1.ts', '$1.js']],
    ['^@electric-sql/pglite$', '<rootDir>/test/support/prepared-pglite.mjs'],
    ['^@sallyport/client$', '<rootDir>/libs/client/src/index.ts'],
    alias('', 'index.ts'),
    alias('/production', 'production.ts'),
    alias('/embedded', 'embedded.ts'),
    alias('/api-keys', 'api-keys/index.ts'),
    alias('/authorization-server', 'authorization-server/index.ts'),
    alias('/throttling', 'throttling/index.ts'),
    alias('/admin', 'admin/index.ts'),
    alias('/typeorm', 'stores/typeorm/index.ts'),
    alias('/redis', 'stores/redis/index.ts'),
    alias('/passport', 'integrations/passport/index.ts'),
    alias('/testing', 'testing/index.ts'),
  ]),
  setupFiles: ['<rootDir>/test/support/load-nest-first.mjs'],
  testTimeout: 120_000,
  // Jest cannot free the ES modules of a test file: a heap of gigabytes is collected slowly, so that workers begin anew.
  workerIdleMemoryLimit: '400MB',
};
