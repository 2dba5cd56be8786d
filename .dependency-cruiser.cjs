/** The direction of dependencies (STYLE 5). test/repository/dependency-rules.spec.ts plants a violation of each rule. */
const LIBRARY = '^libs/sallyport/src';
const SPECS = '\\.spec\\.ts$';
/** Contracts are tests too, though hosts may run them on stores of their own. */
const TESTS = '(\\.(spec|contract)\\.ts$|^libs/sallyport/src/testing/)';
const CLIENT = '^libs/client/src';

const layers = require('./tools/layers.cjs');
const anyOf = (folders) => `(${folders.join('|')})/`;
const foundations = `(${layers.foundations.files.join('|')})\\.ts$|${anyOf(layers.foundations.folders)}`;
const lives = anyOf(layers.lives);
const surfaces = anyOf(layers.surfaces);
const { path } = layers;
const composition = '[^/]+\\.ts$';

const inside = (...parts) => `${LIBRARY}/(${parts.join('|')})`;
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** A package of others has one home in the library. Specs may use it to look behind an adapter. */
const home = (name, packages, folders) =>
  rule(
    name,
    'an optional peer is imported in its own folder and nowhere else',
    { path: LIBRARY, pathNot: [SPECS, inside(folders)] },
    { path: `node_modules/(${packages})/` },
  );

module.exports = {
  forbidden: [
    rule('no-cycles', 'nothing may depend on itself', {}, { circular: true }),
    rule(
      'every-import-resolves',
      'a missing file or package',
      {},
      { couldNotResolve: true, dependencyTypesNot: ['core'] },
    ),
    rule(
      'the-library-declares-what-it-imports',
      'hosts install what libs/sallyport/package.json names, and nothing else',
      { path: '^(libs|apps)/', pathNot: TESTS },
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
    ),

    rule(
      'errors-depend-on-nothing',
      'errors.ts imports nothing of ours',
      { path: inside('errors\\.ts$') },
      { path: LIBRARY },
    ),
    rule(
      'foundations-know-only-foundations',
      'time, chance, errors, transactions, sealing, outbound calls',
      { path: inside(foundations), pathNot: TESTS },
      { path: LIBRARY, pathNot: [inside(foundations)] },
    ),
    rule(
      'lifecycles-know-no-http',
      'keys, clients and grants can be managed from a job or a command line',
      { path: inside(lives), pathNot: [TESTS, '\\.module\\.ts$'] },
      { path: inside(...path.map((folder) => `${folder}/`), 'problems/', surfaces) },
    ),
    ...path
      .slice(0, -1)
      .map((folder, index) =>
        rule(
          `a-request-flows-forward-from-${folder}`,
          'nothing on the path of a request imports a later stage',
          { path: inside(`${folder}/`), pathNot: TESTS },
          { path: inside(...path.slice(index + 1).map((later) => `${later}/`), surfaces) },
        ),
      ),
    rule(
      'metering-knows-no-surface',
      'the last folder of the path: it counts what became of a request',
      { path: inside('metering/'), pathNot: TESTS },
      { path: inside(surfaces) },
    ),
    rule(
      'problems-know-only-errors',
      'how a refusal is answered does not depend on who refused',
      { path: inside('problems/'), pathNot: TESTS },
      { path: LIBRARY, pathNot: [inside(foundations, 'problems/', 'request/')] },
    ),

    rule(
      'only-composition-reaches-adapters',
      'stores implement ports; what uses a port does not know them, not even indirectly',
      { path: LIBRARY, pathNot: [TESTS, inside('stores/', composition)] },
      { path: inside('stores/'), reachable: true },
    ),
    rule(
      'adapters-know-no-request',
      'a store knows the ports it implements',
      { path: inside('stores/'), pathNot: SPECS },
      { path: inside('request/', 'credentials/', 'policy/', 'problems/', surfaces) },
    ),
    rule(
      'nothing-imports-composition',
      'modules, pipeline and presets at the top of src are the last to know',
      { path: inside('[^/]+/'), pathNot: [TESTS] },
      { path: inside(composition), pathNot: [inside(foundations)] },
    ),
    rule(
      'inside-the-library-import-files',
      'a barrel imports everything, also what the importer must not reach',
      { path: LIBRARY, pathNot: [TESTS, inside('(index|production|embedded)\\.ts$')] },
      { path: inside('index\\.ts$', '.*/index\\.ts$') },
    ),
    rule(
      'production-code-needs-no-test-code',
      'frozen clocks and contracts stay out of running servers',
      { path: '^(libs|apps)/', pathNot: [TESTS, '^libs/sallyport/src/testing/'] },
      { path: ['\\.(spec|contract)\\.ts$', inside('testing/'), '^test/'] },
    ),
    rule(
      'the-library-knows-no-application',
      'the library is published alone',
      { path: '^libs/', pathNot: TESTS },
      { path: '^(apps|tools)/' },
    ),

    rule(
      'the-client-depends-on-nothing',
      'it runs in browsers and wherever else there are fetch and Web Crypto',
      { path: CLIENT, pathNot: SPECS },
      { path: '.', pathNot: `${CLIENT}/` },
    ),

    home('typeorm-stays-in-its-store', '(@nestjs/)?typeorm|pg', 'stores/(typeorm|pglite)/'),
    home('pglite-stays-in-its-store', '@electric-sql/pglite', 'stores/pglite/'),
    home('redis-stays-in-its-store', 'ioredis', 'stores/redis/'),
    home('passport-stays-in-its-integration', '(@nestjs/)?passport[^/]*', 'integrations/passport/'),
    home('engine-behind-its-wall', 'oidc-provider', 'authorization-server/provider/'),
    home(
      'throttler-stays-in-throttling',
      '@nestjs/throttler',
      'throttling/|stores/(redis|memory)/|testing/',
    ),
    home('structured-fields-stay-in-signatures', 'structured-headers', 'signatures/'),
    home('validation-stays-at-the-surface', 'class-(validator|transformer)', 'admin/'),
    home('openapi-stays-at-the-surface', '@nestjs/swagger', 'admin/'),
    rule(
      'protecting-an-api-loads-no-optional-peer',
      'whoever imports the package by its name needs neither TypeORM nor Redis nor Passport nor an engine',
      { path: inside('(index|(api-keys|throttling|testing)/index)\\.ts$') },
      {
        path: 'node_modules/((@nestjs/)?typeorm|pg|@electric-sql|ioredis|(@nestjs/)?passport[^/]*|oidc-provider|class-[a-z]+|@nestjs/swagger)/',
        reachable: true,
      },
    ),

    rule(
      'applications-import-entry-points',
      'what is not exported may change any day',
      { path: '^apps/', pathNot: SPECS },
      {
        path: '^libs/',
        pathNot: [
          `${CLIENT}/index\\.ts$`,
          inside(
            '(index|production|embedded)\\.ts$',
            '(api-keys|authorization-server|throttling|admin|testing|stores/typeorm|stores/redis|integrations/passport)/index\\.ts$',
          ),
        ],
      },
    ),
    rule(
      'applications-name-the-package',
      'applications import @sallyport/nest like any other host, not by relative path',
      { path: '^apps/', pathNot: SPECS },
      { path: '^libs/', dependencyTypesNot: ['aliased'] },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^dist/', '^libs/[a-z]+/dist/'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
