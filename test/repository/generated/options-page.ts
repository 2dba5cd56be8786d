import ts from 'typescript';
import { readSource } from '../source-files.js';

const root = 'libs/sallyport/src';

/** Every interface of options, where it is given, and the file that documents it. */
const sections: readonly (readonly [heading: string, name: string, file: string])[] = [
  ['SallyportModule.forRoot({ … })', 'SallyportOptions', 'sallyport.options.ts'],
  ['Tokens', 'AccessTokenOptions', 'credentials/bearer/access-token.options.ts'],
  ['trustedIssuers: [{ … }]', 'TrustedIssuer', 'credentials/bearer/trusted-issuer.ts'],
  ['Credentials', 'AuthenticationOptions', 'credentials/authentication.options.ts'],
  ['Edges', 'RequestOptions', 'request/request.options.ts'],
  ['dpop: { … }', 'DpopOptions', 'credentials/dpop/dpop.options.ts'],
  ['mtls: { … }', 'MtlsOptions', 'credentials/mtls/mtls.options.ts'],
  ['apiKeys: { … }', 'ApiKeyOptions', 'api-keys/api-key.options.ts'],
  ['signingKeys: { … }', 'SigningKeyOptions', 'signing-keys/signing-key.options.ts'],
  ['encryptionKeys: { … }', 'EncryptionKeyOptions', 'encryption-keys/encryption-key.options.ts'],
  ['revocation: { … }', 'StalenessOptions', 'revocation/revocation.options.ts'],
  ['throttling: { … }', 'ThrottlingOptions', 'throttling/throttling.options.ts'],
  ['client, apiKey, user, userEverywhere, plans: { … }', 'QuotaOptions', 'throttling/quota.ts'],
  [
    'A rate: address, failures, reads, writes, each of policies',
    'RateLimitRule',
    'throttling/rate-limit.ts',
  ],
  ['policies: { name: { … } }, beside its rate', 'LimitPolicy', 'throttling/limit-policy.ts'],
  ['anomalies: { … }', 'AnomalyOptions', 'throttling/anomalies/anomaly.options.ts'],
  ['usage: { … }', 'UsageOptions', 'usage/usage.options.ts'],
  ['stores: productionStores({ … })', 'ProductionStoresOptions', 'production.ts'],
  ['stores: embeddedStores({ … })', 'EmbeddedStoresOptions', 'embedded.ts'],
  ['both stores: { … }', 'TypeOrmStoresOptions', 'stores/typeorm/typeorm-stores.module.ts'],
  ['AdminModule.forRoot({ … })', 'AdminOptions', 'admin/admin.options.ts'],
  [
    'AuthorizationServerModule.forRoot({ … })',
    'AuthorizationServerOptions',
    'authorization-server/authorization-server.options.ts',
  ],
  [
    'AuthorizationServerModule.forRoot({ … }) and .forRootAsync({ … })',
    'AuthorizationServerStructure',
    'authorization-server/authorization-server.module-definition.ts',
  ],
  ['resources: [{ … }]', 'ResourceOptions', 'authorization-server/authorization-server.options.ts'],
  ['signIn: { … }', 'SignInOptions', 'authorization-server/interactions/sign-in.options.ts'],
  ['theme: { … }', 'ThemeOptions', 'authorization-server/pages/theme.ts'],
];

/** docs/options.md, from the comments above the members. */
export function renderOptionsPage(): string {
  return [
    '# Options',
    '',
    'All are checked at start, and all mistakes are reported together. Durations are in seconds.',
    '`Tokens`, `Credentials` and `Edges` stand at the top level of `SallyportModule.forRoot`, beside',
    'the first table; `stores` is given in plain even to `forRootAsync`, since it decides which modules exist.',
    '',
    'This page is written by `npm run docs` from the comments in the code.',
    ...sections.flatMap(renderSection),
    '',
  ].join('\n');
}

function renderSection([heading, name, file]: (typeof sections)[number]): string[] {
  const rows = membersOf(name, `${root}/${file}`).map(
    ({ option, meaning, defaultValue }) => `| \`${option}\` | ${meaning} | ${defaultValue} |`,
  );
  return [
    '',
    `## ${heading}`,
    '',
    '| option | meaning | default |',
    '| --- | --- | --- |',
    ...rows,
  ];
}

function membersOf(name: string, file: string) {
  const source = ts.createSourceFile(file, readSource(file), ts.ScriptTarget.Latest, true);
  const found = source.statements.find(
    (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === name,
  );
  if (found === undefined || !ts.isInterfaceDeclaration(found)) {
    throw new Error(`${file} has no interface ${name}`);
  }
  return found.members.map((member) => {
    const tags = ts.getJSDocTags(member);
    const text = ts
      .getJSDocCommentsAndTags(member)
      .filter(ts.isJSDoc)
      .map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '')
      .join(' ');
    const defaultTag = tags.find(({ tagName }) => tagName.text === 'default');
    const given = ts.getTextOfJSDocComment(defaultTag?.comment) ?? '';
    return {
      option: member.name?.getText(source) ?? '',
      meaning: cell(text),
      defaultValue: member.questionToken === undefined ? 'required' : cell(given),
    };
  });
}

const cell = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').trim();
