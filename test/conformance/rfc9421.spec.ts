import { createPrivateKey, createPublicKey, createSecretKey, type JsonWebKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../../libs/sallyport/src/errors.js';
import { component } from '../../libs/sallyport/src/signatures/component.js';
import { componentValue } from '../../libs/sallyport/src/signatures/component-value.js';
import { isContentOf } from '../../libs/sallyport/src/signatures/content-digest.js';
import {
  fieldsOf,
  type HttpMessage,
  type RequestMessage,
} from '../../libs/sallyport/src/signatures/http-message.js';
import { signMessage } from '../../libs/sallyport/src/signatures/sign-message.js';
import {
  isSignatureOf,
  signBase,
  type SignatureAlgorithm,
  type SignatureKey,
} from '../../libs/sallyport/src/signatures/signature-algorithms.js';
import { signatureBase } from '../../libs/sallyport/src/signatures/signature-base.js';
import type { PresentedSignature } from '../../libs/sallyport/src/signatures/presented-signature.js';
import { readSignatures } from '../../libs/sallyport/src/signatures/signature-input.js';

interface Vector {
  readonly id: string;
  readonly label: string;
  readonly alg: SignatureAlgorithm;
  readonly keyid: string;
  readonly message: {
    readonly start_line: string;
    readonly headers: readonly (readonly [string, string])[];
    readonly body: string;
  };
  readonly signature_base: string;
  readonly signature_input: string;
  readonly signature: string;
  readonly deterministic: boolean;
}

interface Vectors {
  readonly keys: Readonly<Record<string, JsonWebKey>>;
  readonly vectors: readonly Vector[];
}

const directory = process.env.TEST_VECTORS ?? join(process.cwd(), '../shared/vectors');
const file = join(directory, 'rfc9421-vectors.json');

const requestOf = (lines: readonly (readonly [string, string])[], startLine: string) => ({
  method: startLine.split(' ')[0] ?? '',
  scheme: 'https' as const,
  authority: 'example.com',
  target: startLine.split(' ')[1] ?? '',
  fields: fieldsOf(lines.flat()),
});

function messageOf({ message }: Vector): HttpMessage {
  const { start_line: startLine, headers } = message;
  const request = requestOf(headers, startLine);
  if (!startLine.startsWith('HTTP/')) return request;
  return { status: Number(startLine.split(' ')[1]), fields: request.fields, request };
}

const only = ([signature]: readonly PresentedSignature[]): PresentedSignature => {
  if (signature === undefined) throw new TypeError('no signature');
  return signature;
};

const message = (startLine: string, ...lines: (readonly [string, string])[]): RequestMessage =>
  requestOf(lines, startLine);

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof SallyportError) return error.code;
    throw error;
  }
  return 'none';
};

const SIGNATURE = 'sig=:AAAA:';

describe('RFC 9421', () => {
  describe('§B.2 the test cases', () => {
    if (!existsSync(file)) {
      it('has no vectors to run here, which only the full run must have', () => {
        console.warn(`RFC 9421 vectors are absent (${file}): NOT covered in this run`);
        expect(process.env.TEST_STORES).not.toBe('all');
      });
      return;
    }
    const { keys, vectors } = JSON.parse(readFileSync(file, 'utf8')) as Vectors;
    const jwkOf = ({ keyid }: Vector): JsonWebKey => keys[keyid] ?? {};
    const keyOf = (vector: Vector): SignatureKey => {
      const jwk = jwkOf(vector);
      const key =
        jwk.kty === 'oct'
          ? createSecretKey(Buffer.from(jwk.k ?? '', 'base64'))
          : createPublicKey({ format: 'jwk', key: jwk });
      return { algorithm: vector.alg, key };
    };
    const privateKeyOf = (vector: Vector): SignatureKey => {
      const jwk = jwkOf(vector);
      if (jwk.kty === 'oct') return keyOf(vector);
      return { algorithm: vector.alg, key: createPrivateKey({ format: 'jwk', key: jwk }) };
    };
    const read = (vector: Vector) => only(readSignatures(vector.signature_input, vector.signature));
    const baseOf = (vector: Vector, { components, serialized } = read(vector)): string =>
      signatureBase(components, serialized, messageOf(vector)) ?? '';

    it.each(vectors)('§2.5 $id has the base that the RFC prints', (vector) => {
      expect(baseOf(vector)).toBe(vector.signature_base);
    });

    it.each(vectors)('§3.2 $id verifies, and not over any other base [C46]', (vector) => {
      const { signature } = read(vector);
      const base = baseOf(vector);
      expect(isSignatureOf(base, signature, keyOf(vector))).toBe(true);
      expect(isSignatureOf(`${base} `, signature, keyOf(vector))).toBe(false);
      signature.writeUInt8(signature.readUInt8(7) ^ 1, 7);
      expect(isSignatureOf(base, signature, keyOf(vector))).toBe(false);
    });

    it.each(vectors)('§3.1 $id is signed by us as well', (vector) => {
      const base = baseOf(vector);
      const signature = signBase(base, privateKeyOf(vector));
      expect(isSignatureOf(base, signature, keyOf(vector))).toBe(true);
      if (vector.deterministic) expect(signature).toEqual(read(vector).signature);
    });

    it.each(vectors.filter(({ signature_base: base }) => base.includes('content-digest')))(
      'RFC 9530 §2 the digest of $id is that of its body',
      (vector) => {
        const digest = messageOf(vector).fields.get('content-digest')?.join() ?? '';
        expect(isContentOf(digest, Buffer.from(vector.message.body))).toBe(true);
        expect(isContentOf(digest, Buffer.from(`${vector.message.body} `))).toBe(false);
      },
    );
  });

  it.each([
    ['POST /path?param=value', '@method', {}, 'POST'],
    ['POST /path?param=value', '@target-uri', {}, 'https://example.com/path?param=value'],
    ['POST /path?param=value', '@authority', {}, 'example.com'],
    ['POST /path?param=value', '@scheme', {}, 'https'],
    ['POST /path?param=value', '@request-target', {}, '/path?param=value'],
    ['POST /path?param=value', '@path', {}, '/path'],
    ['POST /a%2Fb', '@path', {}, '/a%2Fb'],
    [
      'GET /path?param=value&foo=bar&baz=bat%2Dman',
      '@query',
      {},
      '?param=value&foo=bar&baz=bat%2Dman',
    ],
    ['POST /path?queryString', '@query', {}, '?queryString'],
    ['POST /path?', '@query', {}, '?'],
    ['POST /path', '@query', {}, '?'],
    ['GET /path?param=value&foo=bar&baz=batman&qux=', '@query-param', { name: 'baz' }, 'batman'],
    ['GET /path?param=value&foo=bar&baz=batman&qux=', '@query-param', { name: 'qux' }, ''],
    [
      'GET /p?var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace',
      '@query-param',
      { name: 'var' },
      'this%20is%20a%20big%0Amultiline%20value',
    ],
    [
      'GET /p?bar=with+plus+whitespace',
      '@query-param',
      { name: 'bar' },
      'with%20plus%20whitespace',
    ],
    [
      'GET /p?fa%C3%A7ade%22%3A%20=something',
      '@query-param',
      { name: 'fa%C3%A7ade%22%3A%20' },
      'something',
    ],
  ])('§2.2 from %j derives %s %j', (startLine, name, parameters, value) => {
    expect(componentValue(component(name, { ...parameters }), message(startLine))).toBe(value);
  });

  it('§2.2.8 does not know a query parameter that came twice, or not at all', () => {
    const request = message('GET /p?a=1&a=2');
    expect(componentValue(component('@query-param', { name: 'a' }), request)).toBeNull();
    expect(componentValue(component('@query-param', { name: 'b' }), request)).toBeNull();
  });

  it('§2.1 joins the lines of a field, without the space around them', () => {
    const request = message(
      'GET /',
      ['Cache-Control', ' max-age=60 '],
      ['cache-control', 'must-revalidate'],
    );
    expect(componentValue(component('cache-control'), request)).toBe('max-age=60, must-revalidate');
    expect(componentValue(component('x-none'), request)).toBeNull();
  });

  it('§2.1 takes off the space around a line, and nothing else that looks like it', () => {
    const request = message('GET /', ['X-Note', ' \tvalue\t ']);
    expect(componentValue(component('x-note'), request)).toBe('value');
    const wider = message('GET /', ['X-Note', 'value\u00a0']);
    expect(signatureBase([component('x-note')], '()', wider)).toBeNull();
  });

  it('RFC 9113 §8.2.3 takes a cookie that HTTP/2 has cut into lines for one', () => {
    const request = message('GET /', ['cookie', 'a=1'], ['cookie', 'b=2']);
    expect(componentValue(component('cookie'), request)).toBe('a=1; b=2');
  });

  it.each<[string, string, 'name' | 'key', (of: (separator: string) => string) => RequestMessage]>([
    ['query parameters', '@query-param', 'name', (of) => message(`GET /?${of('&')}`)],
    ['members', 'x-members', 'key', (of) => message('GET /', ['X-Members', of(',')])],
  ])('§2.5 reads %s once, however many of them are covered', (_what, name, parameter, make) => {
    const names = Array.from({ length: 2500 }, (_, at) => `a${String(at)}`);
    const many = (separator: string) => names.map((each) => `${each}=1`).join(separator);
    const covered = names.slice(0, 64).map((each) => component(name, { [parameter]: each }));
    const cpuOf = (components: typeof covered): number => {
      const begun = process.cpuUsage();
      for (let n = 0; n < 5; n += 1) {
        expect(signatureBase(components, '()', make(many))).not.toBeNull();
      }
      return process.cpuUsage(begun).user;
    };
    cpuOf(covered);
    expect(cpuOf(covered)).toBeLessThan(8 * cpuOf(covered.slice(0, 1)));
  });

  it('§2.1 signs an empty field as an empty value', () => {
    expect(componentValue(component('x-empty'), message('GET /', ['X-Empty', ' ']))).toBe('');
  });

  it('§2.1.1 serialises a structured field anew where its type is known, and no other', () => {
    const request = message('GET /', ['Priority', 'u=1,   i'], ['X-Other', 'a=1,   b']);
    expect(componentValue(component('priority', { sf: true }), request)).toBe('u=1, i');
    expect(componentValue(component('x-other', { sf: true }), request)).toBeNull();
  });

  it.each([
    ['a', '1'],
    ['b', '2;x=1;y=2'],
    ['c', '(a b c)'],
    ['d', '?1'],
  ])('§2.1.2 takes the member %s of a dictionary', (key, value) => {
    const request = message('GET /', [
      'Example-Dict',
      '  a=1,    b=2;x=1;y=2,   c=(a   b    c), d',
    ]);
    expect(componentValue(component('example-dict', { key }), request)).toBe(value);
  });

  it('§2.1.3 keeps lines apart as byte sequences', () => {
    const request = message(
      'GET /',
      ['Example-Header', 'value, with, lots'],
      ['Example-Header', 'of, commas'],
    );
    expect(componentValue(component('example-header', { bs: true }), request)).toBe(
      ':dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:',
    );
  });

  it('§2.4 takes components of the request into the signature of its response', () => {
    const request = message('POST /foo?param=Value');
    const response = { status: 503, fields: fieldsOf([]), request };
    expect(componentValue(component('@method', { req: true }), response)).toBe('POST');
    expect(componentValue(component('@status'), response)).toBe('503');
    expect(componentValue(component('@method'), response)).toBeNull();
    expect(componentValue(component('@method', { req: true }), request)).toBeNull();
    expect(componentValue(component('@status'), request)).toBeNull();
  });

  it.each(['line\nbreak', 'é'])('§2.5 makes no base of a value with %j in it', (value) => {
    const request = message('GET /', ['X-Note', `a${value}b`]);
    expect(signatureBase([component('x-note')], '()', request)).toBeNull();
    expect(signatureBase([component('x-note', { bs: true })], '()', request)).not.toBeNull();
  });

  it.each([
    ['a component twice', '("@method" "@method");created=1'],
    ['a derived component that nobody knows', '("@moon");created=1'],
    ['a name in upper case', '("Date");created=1'],
    ['a component parameter that nobody knows', '("date";zz);created=1'],
    ['a trailer', '("date";tr);created=1'],
    ['bs beside sf', '("date";bs;sf);created=1'],
    ['bs beside key', '("date";bs;key="a");created=1'],
    ['a key that is no string', '("date";key=a);created=1'],
    ['sf of a derived component', '("@method";sf);created=1'],
    ['@query-param without a name', '("@query-param");created=1'],
    ['a name of another component', '("@method";name="a");created=1'],
    ['a component that is no string', '(date);created=1'],
    ['a time that is no integer', '("@method");created=1.5'],
    ['a time that is text', '("@method");created="1"'],
    ['a nonce that is a token', '("@method");nonce=abc'],
    ['a signature parameter that nobody knows', '("@method");created=1;color="red"'],
    ['a keyid that is too long', `("@method");keyid="${'k'.repeat(257)}"`],
    ['no list at all', '"@method"'],
    ['a list without an end', '("@method"'],
    ['too many components', `(${Array.from({ length: 65 }, (_, at) => `"x-${at}"`).join(' ')})`],
    ['nothing', ''],
  ])('§2.5 §4.1 refuses %s', (_what, input) => {
    expect(codeOf(() => readSignatures(`sig=${input}`, SIGNATURE))).toBe('ERR_SIGNATURE_MALFORMED');
  });

  it.each([
    ['two signatures of one label', 'sig=("@method"), sig=("@path")', SIGNATURE],
    ['two values of one label', 'sig=("@method")', 'sig=:AAAA:, sig=:BBBB:'],
    ['a signature of another label', 'sig=("@method")', 'gis=:AAAA:'],
    ['an input without its signature', 'a=("@method"), b=("@method")', 'a=:AAAA:'],
    ['a signature that is no byte sequence', 'sig=("@method")', 'sig="AAAA"'],
    ['a signature that is a list', 'sig=("@method")', 'sig=(:AAAA:)'],
    ['base64 with dirt in it', 'sig=("@method")', 'sig=:AA*A:'],
    ['a huge input', `sig=("@method");nonce="${'n'.repeat(9000)}"`, SIGNATURE],
    ['a huge signature', 'sig=("@method")', `sig=:${'A'.repeat(9000)}:`],
    [
      'two signatures of one label, with the comma between them inside colons',
      'sig=();tag=a:b, sig=("@method");nonce="a:b"',
      SIGNATURE,
    ],
    ['nine signatures', Array.from({ length: 9 }, (_, at) => `s${at}=()`).join(), SIGNATURE],
  ])('§4 refuses %s', (_what, input, signature) => {
    expect(codeOf(() => readSignatures(input, signature))).toBe('ERR_SIGNATURE_MALFORMED');
  });

  it('§4.3 reads several signatures, each with its own', () => {
    const read = readSignatures(
      'a=("@method");tag="x,y", b=("@path");created=7',
      'b=:Yg==:, a=:YQ==:',
    );
    expect(read.map(({ label, signature }) => [label, signature.toString()])).toEqual([
      ['a', 'a'],
      ['b', 'b'],
    ]);
    expect(read[0]?.parameters.tag).toBe('x,y');
    expect(read[1]?.parameters.created).toBe(7);
  });

  it('§3.3 a key verifies by its own algorithm only', () => {
    const secret = { algorithm: 'hmac-sha256', key: createSecretKey(Buffer.alloc(32, 7)) } as const;
    const request = message('GET /');
    const fields = signMessage(request, 'sig', [component('@method')], { created: 1 }, secret);
    const { components, serialized, signature } = only(
      readSignatures(fields['Signature-Input'], fields.Signature),
    );
    const base = signatureBase(components, serialized, request) ?? '';
    expect(isSignatureOf(base, signature, secret)).toBe(true);
    expect(isSignatureOf(base, signature.subarray(1), secret)).toBe(false);
    expect(isSignatureOf(base, Buffer.alloc(0), secret)).toBe(false);
  });
});

describe('RFC 9421, §3.2 whatever is done to one character', () => {
  const secret = { algorithm: 'hmac-sha256', key: createSecretKey(Buffer.alloc(32, 7)) } as const;
  const request = message('POST /a?b=c', ['Content-Type', 'application/json'], ['Date', 'today']);
  const covered = ['@method', '@authority', '@path', '@query', 'content-type', 'date'];
  const parameters = { created: 1, keyid: 'k', nonce: 'n-1', alg: 'hmac-sha256', tag: 't' };
  const fields = signMessage(
    request,
    'sig',
    covered.map((name) => component(name)),
    parameters,
    secret,
  );

  const isBelieved = (input: string, value: string): boolean => {
    try {
      const { components, serialized, signature } = only(readSignatures(input, value));
      const base = signatureBase(components, serialized, request);
      return base !== null && isSignatureOf(base, signature, secret);
    } catch (error) {
      if (error instanceof SallyportError) return false;
      throw error;
    }
  };

  it.each([...Array.from(' "\\;,=:()?@%aZ0*é'), '', '\0', '""', ';a'])(
    'to %j, it is not believed',
    (put) => {
      const { 'Signature-Input': input, Signature: value } = fields;
      expect(isBelieved(input, value)).toBe(true);
      const label = 'sig='.length;
      for (let at = label; at < input.length; at += 1) {
        const changed = input.slice(0, at) + put + input.slice(at + 1);
        if (changed !== input)
          expect([changed, isBelieved(changed, value)]).toEqual([changed, false]);
      }
      // The last digit of base64 says less than a digit can (RFC 9651 §4.2.7 lets that pass).
      for (let at = label; at < value.length - 3; at += 1) {
        const changed = value.slice(0, at) + put + value.slice(at + 1);
        if (changed !== value)
          expect([changed, isBelieved(input, changed)]).toEqual([changed, false]);
      }
    },
  );
});

describe('RFC 9530', () => {
  const body = Buffer.from('{"hello": "world"}');
  const sha256 = 'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:';

  it.each([
    ['sha-256', sha256],
    ['sha-256 beside one that nobody believes', `md5=:AAAA:, ${sha256}`],
  ])('§2 believes %s', (_what, value) => {
    expect(isContentOf(value, body)).toBe(true);
  });

  it.each([
    ['a wrong one beside a right one', `${sha256}, sha-512=:AAAA:`],
    ['a cut one', 'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBP==:'],
    ['one that was broken long ago', 'md5=:Sd/dVLAcvNLSq16eXua5uQ==:'],
    ['none', ''],
  ])('§2 does not believe %s', (_what, value) => {
    expect(isContentOf(value, body)).toBe(false);
  });

  it.each([
    'sha-256=X48E',
    'sha-256="X48E"',
    `${sha256}, ${sha256}`,
    'sha-256=:*:',
    `x=:${'A'.repeat(2000)}:`,
  ])('§2 refuses %j', (value) => {
    expect(codeOf(() => isContentOf(value, body))).toBe('ERR_SIGNATURE_MALFORMED');
  });
});
