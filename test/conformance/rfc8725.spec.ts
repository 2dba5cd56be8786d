import { createHmac, generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { createTestVerifier } from '../support/token-verifier.js';
import { createTestIssuer, encode, signText } from '../support/tokens.js';
import { inTime } from '../support/stopwatch.js';

const own = createTestIssuer();
const rsa = createTestIssuer({ issuer: 'https://rsa.test', algorithm: 'RS256' });
const ours = createTestVerifier(own);
const oursWithRsa = createTestVerifier(rsa);
const attacker = createTestIssuer({ issuer: own.issuer, kid: own.kid });

const good = own.accessToken();
const [, payload = '', signature = ''] = good.split('.');
/** The claims of a good token under another header, with a signature that was not made for it. */
const withHeader = (header: object | string, sig = signature) =>
  `${encode(header)}.${payload}.${sig}`;
const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object;

type Attacks = readonly (readonly [string, string])[];

function describeAttacks(title: string, attacks: Attacks, verifier = ours): void {
  it.each(attacks)(`${title}: %s [C106]`, async (_what, token) => {
    const refusal = await inTime(1000, () => verifier.refusalOf(token));
    expect(refusal.problem.status).toBe(401);
  });
}

/** Every way in which a library might hand its public key to HMAC. */
function publicKeySpellings(issuer: typeof own): readonly (readonly [string, string | Buffer])[] {
  const spki = issuer.publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const der = issuer.publicKey.export({ type: 'spki', format: 'der' });
  const { kty, crv, x, y, n, e } = issuer.publicJwk;
  const pkcs1 =
    issuer.algorithm === 'RS256'
      ? [
          issuer.publicKey.export({ type: 'pkcs1', format: 'pem' }) as string,
          issuer.publicKey.export({ type: 'pkcs1', format: 'der' }),
        ]
      : [];
  return [
    ['SPKI PEM', spki],
    ['SPKI PEM without the last newline', spki.trimEnd()],
    ['SPKI PEM with CRLF', spki.replaceAll('\n', '\r\n')],
    ['SPKI PEM in one line', spki.replaceAll('\n', '')],
    ['SPKI PEM with literal \\n', spki.replaceAll('\n', String.raw`\n`)],
    ['SPKI DER', der],
    ['SPKI DER in base64', der.toString('base64')],
    ['SPKI DER in base64url', der.toString('base64url')],
    ['SPKI DER in hex', der.toString('hex')],
    ['JWK as published', JSON.stringify(issuer.publicJwk)],
    ['JWK with spaces', JSON.stringify(issuer.publicJwk, null, 2)],
    ['JWK with required members only', JSON.stringify({ crv, e, kty, n, x, y })],
    ['JWK set', JSON.stringify(issuer.jwks)],
    ['modulus or x coordinate', Buffer.from(n ?? x ?? '', 'base64url')],
    ['modulus or x coordinate in base64url', n ?? x ?? ''],
    ['kid', issuer.kid],
    ['nothing', ''],
    ...pkcs1.map((key): [string, string | Buffer] => [
      `PKCS #1 ${typeof key === 'string' ? 'PEM' : 'DER'}`,
      key,
    ]),
  ];
}

function hmacTokens(issuer: typeof own): Attacks {
  const bits = [256, 384, 512];
  return publicKeySpellings(issuer).flatMap(([spelling, secret]) =>
    bits.map((size): [string, string] => {
      const alg = `HS${String(size)}`;
      const header = encode({ alg, kid: issuer.kid, typ: 'at+jwt' });
      const input = `${header}.${encode(claimsOf(issuer.accessToken()))}`;
      const mac = createHmac(`sha${String(size)}`, secret)
        .update(input)
        .digest('base64url');
      return [`${alg} with ${spelling}`, `${input}.${mac}`];
    }),
  );
}

/** All 16 casings of `none`. */
const nones = Array.from({ length: 16 }, (_, casing) =>
  Array.from('none', (char, at) => ((casing >> at) & 1 ? char.toUpperCase() : char)).join(''),
);

function embeddedKeyTokens(): Attacks {
  const { publicJwk } = attacker;
  const headers: Record<string, object> = {
    jwk: { jwk: publicJwk },
    'jwk in place of kid': { jwk: publicJwk, kid: undefined },
    'jwk with our kid': { jwk: { ...publicJwk, kid: own.kid } },
    'jwk that is private': { jwk: attacker.privateKey.export({ format: 'jwk' }) },
    'jwk symmetric': { jwk: { kty: 'oct', k: 'AAAA' } },
    jku: { jku: 'https://attacker.test/jwks.json' },
    'jku on our host': { jku: `${own.issuer}/.well-known/jwks.json@attacker.test` },
    'jku to a file': { jku: 'file:///etc/passwd' },
    'jku to the metadata service': { jku: 'http://169.254.169.254/latest/meta-data/' },
    x5u: { x5u: 'https://attacker.test/chain.pem' },
    x5c: { x5c: [publicKeySpellings(attacker)[5]?.[1].toString('base64')] },
    'x5c empty': { x5c: [] },
  };
  return Object.entries(headers).map(([what, header]) => [what, attacker.accessToken({}, header)]);
}

const kids: readonly unknown[] = [
  '../../../../dev/null',
  '/dev/null',
  "' UNION SELECT 'key' -- ",
  '; rm -rf / #',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toString',
  `${own.kid}\0`,
  own.kid.toUpperCase(),
  'k'.repeat(129),
  'k'.repeat(5000),
  '',
  '\u0000',
  7,
  true,
  null,
  [own.kid],
  { $ne: null },
  undefined,
];

const kidTokens: Attacks = kids.map((kid) => [
  inspect(kid).slice(0, 40),
  own.accessToken({}, { kid }),
]);

const bytes = (r: bigint, s: bigint) =>
  Buffer.from(r.toString(16).padStart(64, '0') + s.toString(16).padStart(64, '0'), 'hex').toString(
    'base64url',
  );
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const es256Header = { alg: 'ES256', kid: own.kid, typ: 'at+jwt' };
const psychic: Attacks = [
  [0n, 0n],
  [0n, 1n],
  [1n, 0n],
  [1n, 1n],
  [order, order],
  [order, 1n],
  [1n, order],
  [order - 1n, 0n],
].map(([r = 0n, s = 0n]) => [
  `r ${r.toString(16).slice(-6)} s ${s.toString(16).slice(-6)}`,
  withHeader(es256Header, bytes(r, s)),
]);

const goodClaims = JSON.stringify(claimsOf(own.accessToken()));
const es256Input = `${encode(es256Header)}.${payload}`;
const raw = signText('ES256', own.privateKey, es256Input);
const spelledSignatures: Attacks = [
  ['none', `${es256Input}.`],
  ['cut', `${es256Input}.${raw.subarray(0, 63).toString('base64url')}`],
  [
    'longer by a zero',
    `${es256Input}.${Buffer.concat([raw, Buffer.alloc(1)]).toString('base64url')}`,
  ],
  ['with bits that are not used', `${es256Input}.${raw.toString('base64url').replace(/.$/, 'B')}`],
  [
    'r and s swapped',
    `${es256Input}.${Buffer.concat([raw.subarray(32), raw.subarray(0, 32)]).toString('base64url')}`,
  ],
  ['of another token', `${encode(es256Header)}.${encode(goodClaims)}.${signature}`],
  ['of another key', attacker.accessToken()],
];

const nest = (depth: number, open: string, inner: string, close: string) =>
  open.repeat(depth) + inner + close.repeat(depth);
const withClaims = (text: string) => own.sign(goodClaims.replace(/}$/, `,${text}}`));

const payloads: Attacks = [
  ['no JSON', own.sign('hello')],
  ['empty', own.sign('')],
  ['null', own.sign('null')],
  ['a list', own.sign(`[${goodClaims}]`)],
  ['a string', own.sign(JSON.stringify(goodClaims))],
  ['two objects', own.sign(goodClaims + goodClaims)],
  ['a byte order mark', own.sign(`\ufeff${goodClaims}`)],
  ['a trailing comma', own.sign(goodClaims.replace(/}$/, ',}'))],
  ['a comment', own.sign(`${goodClaims}//`)],
  ['sub twice', withClaims('"sub":"root"')],
  ['sub twice, once escaped', withClaims(String.raw`"s\u0075b":"root"`)],
  ['a name twice further down', withClaims('"a":{"b":1,"b":2}')],
  ['__proto__', withClaims('"__proto__":{"client_id":"operator"}')],
  ['a lone surrogate', withClaims(String.raw`"a":"\ud800"`)],
  ['lists nested 2500 deep', withClaims(`"a":${nest(2500, '[', '', ']')}`)],
  ['objects nested 17 deep', withClaims(`"a":${nest(17, '{"a":', '1', '}')}`)],
  ['another token inside', own.sign(good, { cty: 'JWT' })],
  ['another token announced', own.accessToken({}, { cty: 'jwt' })],
];

const times: Attacks = [
  ...['exp', 'nbf', 'iat'].flatMap((name) =>
    ['"9999999999"', 'null', 'true', '[]', '{}', '-1', '1e999', '-1e999', '1e300'].map(
      (value): [string, string] => [
        `${name} ${value}`,
        own.sign(
          `${JSON.stringify({ ...claimsOf(own.accessToken()), [name]: undefined }).slice(0, -1)},"${name}":${value}}`,
        ),
      ],
    ),
  ),
  ['exp NaN', own.sign(goodClaims.replace(/"exp":\d+/, '"exp":NaN'))],
  ['exp Infinity', own.sign(goodClaims.replace(/"exp":\d+/, '"exp":Infinity'))],
];

describe('RFC 8725', () => {
  it('§3.1 accepts the token that the attacks below start from', async () => {
    expect((await ours.verifier.verify(good)).clientId).toBe('mobile-app');
    expect((await oursWithRsa.verifier.verify(rsa.accessToken())).clientId).toBe('mobile-app');
  });

  describeAttacks(
    '§3.1 refuses alg none',
    nones.flatMap((alg): Attacks => [
      [`${alg} without signature`, withHeader({ alg, typ: 'at+jwt' }, '')],
      [`${alg} with kid, without signature`, withHeader({ alg, kid: own.kid, typ: 'at+jwt' }, '')],
      [`${alg} with a signature`, withHeader({ alg, kid: own.kid, typ: 'at+jwt' })],
    ]),
  );

  describeAttacks(
    '§3.1 refuses other algorithms',
    [
      ...[
        '',
        ' ES256',
        'es256',
        'ES256 ',
        'ES384',
        'ES512',
        'ES256K',
        'RS1',
        'RS384',
        'RSA1_5',
        'Ed448',
        '__proto__',
        'constructor',
      ],
      ...[null, 7, true, ['ES256'], { alg: 'ES256' }, undefined],
    ].map((alg): [string, string] => [inspect(alg), own.accessToken({}, { alg })]),
  );

  describeAttacks('§2.1 refuses an EC public key as HMAC secret', hmacTokens(own));
  describeAttacks('§2.1 refuses an RSA public key as HMAC secret', hmacTokens(rsa), oursWithRsa);

  describeAttacks("§3.1 refuses an algorithm that is not the key's", [
    ['RS256 under an EC key', own.accessToken({}, { alg: 'RS256' })],
    ['EdDSA under an EC key', own.accessToken({}, { alg: 'EdDSA' })],
    ['ES256 of a foreign curve', signedByP384()],
  ]);
  describeAttacks(
    "§3.1 refuses an algorithm that is not the key's",
    [
      ['PS256 under a key for RS256', psWithRsKey()],
      ['ES256 under an RSA key', rsa.accessToken({}, { alg: 'ES256' })],
    ],
    oursWithRsa,
  );

  describeAttacks('§3.10 trusts no key that the token brings', embeddedKeyTokens());

  it('§3.10 fetches nothing that a token points to, even when it is signed rightly', async () => {
    const refusal = await ours.refusalOf(own.accessToken({}, { jku: 'https://issuer.test/jwks' }));
    expect(refusal.problem.status).toBe(401);
  });

  describeAttacks('§3.10 uses kid for nothing but a look-up', kidTokens);

  describeAttacks('RFC 7515 §4.1.11 refuses extensions', [
    ['crit naming exp', own.accessToken({}, { crit: ['exp'], exp: 1 })],
    ['crit naming b64', own.accessToken({}, { crit: ['b64'], b64: false })],
    ['crit naming typ', own.accessToken({}, { crit: ['typ'] })],
    ['crit empty', own.accessToken({}, { crit: [] })],
    ['crit null', own.accessToken({}, { crit: null })],
    ['crit of another type', own.accessToken({}, { crit: 'exp' })],
    ['b64 without crit', own.accessToken({}, { b64: false })],
    ['b64 true', own.accessToken({}, { b64: true })],
  ]);

  describeAttacks('§3.2 refuses a psychic signature', psychic);
  describeAttacks('§3.2 refuses a signature', spelledSignatures);

  describeAttacks('RFC 7515 §4 refuses a header with', [
    ['alg twice', withHeader(`{"alg":"ES256","alg":"none","kid":"${own.kid}","typ":"at+jwt"}`)],
    [
      'typ twice, signed',
      own.sign(goodClaims, `{"alg":"ES256","kid":"${own.kid}","typ":"JWT","typ":"at+jwt"}`),
    ],
    ['no JSON', withHeader('ES256')],
    ['a list', withHeader('[]')],
    ['null', withHeader('null')],
    ['typ a list', own.accessToken({}, { typ: ['at+jwt'] })],
    ['cty a number', own.accessToken({}, { cty: 1 })],
  ]);

  describeAttacks('§3.7 and RFC 7519 §4 refuse a payload with', payloads);
  describeAttacks('RFC 7519 §2 refuses a date that is no number', times);

  describeAttacks('§3.11 keeps kinds of tokens apart by typ', [
    ['ID token', own.accessToken({ nonce: 'n' }, { typ: 'JWT' })],
    ['DPoP proof', own.accessToken({ htm: 'GET' }, { typ: 'dpop+jwt' })],
    ['logout token', own.accessToken({ events: {} }, { typ: 'logout+jwt' })],
    ['introspection response', own.accessToken({}, { typ: 'token-introspection+jwt' })],
    [
      'client assertion',
      own.accessToken({ iss: 'mobile-app' }, { typ: 'client-authentication+jwt' }),
    ],
  ]);

  describeAttacks('refuses other numbers of parts', [
    ['one', 'aaaa'],
    ['two', 'aaaa.bbbb'],
    ['four', `${good}.aaaa`],
    ['five (JWE)', 'eyJhbGciOiJkaXIifQ..aaaa.bbbb.cccc'],
    ['dots only', '..'],
    ['a thousand', 'a.'.repeat(1000)],
  ]);

  it.each([
    ['oversize', own.accessToken({ padding: 'p'.repeat(9000) })],
    ['a megabyte', 'a'.repeat(1_000_000)],
    ['oversize header', own.accessToken({}, { padding: 'p'.repeat(9000) })],
    ['JSON serialization', JSON.stringify({ payload, signature, protected: good.split('.')[0] })],
    ['a space inside', good.replace('.', ' .')],
    ['a line end', `${good}\n`],
    ['nothing', ''],
  ])('refuses what is no bearer token before it is parsed: %s', async (_what, token) => {
    const refusal = await inTime(1000, () => ours.refusalOf(token));
    expect(refusal.code).toBe('ERR_CREDENTIAL_MALFORMED');
  });
});

function signedByP384(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  return `${es256Input}.${signText('ES256', privateKey, es256Input).toString('base64url')}`;
}

function psWithRsKey(): string {
  const header = encode({ alg: 'PS256', kid: rsa.kid, typ: 'at+jwt' });
  const input = `${header}.${encode(claimsOf(rsa.accessToken()))}`;
  return `${input}.${signText('PS256', rsa.privateKey, input).toString('base64url')}`;
}
