import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { compactDecrypt } from 'jose';
import { decryptJwe, encryptJwe, looksEncrypted, parseCompactJwe } from './compact-jwe.js';

const shared = createSecretKey(Buffer.alloc(32, 7));
const dir = { key: shared, algorithm: 'dir' };
const message = Buffer.from('{"amount":1200}');

const parse = (text: string) => parseCompactJwe(text, (flaw) => new Error(flaw));
const withHeader = (header: object): string => {
  const [, ...rest] = sample.split('.');
  return [Buffer.from(JSON.stringify(header)).toString('base64url'), ...rest].join('.');
};
let sample: string;

describe('A compact JWE', () => {
  beforeAll(async () => {
    sample = await encryptJwe(message, shared, { alg: 'dir', kid: 'k1' });
  });

  it('is opened with the shared key it was made with, and by another implementation', async () => {
    expect(parse(sample)).toMatchObject({ algorithm: 'dir', kid: 'k1' });
    expect(await decryptJwe(parse(sample), dir)).toEqual(message);
    expect(Buffer.from((await compactDecrypt(sample, shared)).plaintext)).toEqual(message);
  });

  it.each(['ECDH-ES', 'ECDH-ES+A256KW', 'RSA-OAEP-256'] as const)(
    'for a public key is opened with the private one: %s',
    async (alg) => {
      const pair = () =>
        alg === 'RSA-OAEP-256'
          ? generateKeyPairSync('rsa', { modulusLength: 2048 })
          : generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const { publicKey, privateKey } = pair();
      const text = await encryptJwe(message, publicKey, { alg });
      expect(await decryptJwe(parse(text), { key: privateKey, algorithm: alg })).toEqual(message);
      expect(await decryptJwe(parse(text), { key: pair().privateKey, algorithm: alg })).toBeNull();
    },
  );

  it('is not opened with a key for another algorithm, of another length or kind', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    for (const key of [
      { key: shared, algorithm: 'ECDH-ES' },
      { key: createSecretKey(Buffer.alloc(32, 8)), algorithm: 'dir' },
      { key: createSecretKey(Buffer.alloc(16, 7)), algorithm: 'dir' },
      { key: privateKey, algorithm: 'dir' },
    ]) {
      expect(await decryptJwe(parse(sample), key)).toBeNull();
    }
  });

  it('is not opened when any bit of any part was changed', async () => {
    const parts = sample.split('.');
    for (const [index, part] of parts.entries()) {
      if (part === '') continue;
      const bytes = Buffer.from(part, 'base64url');
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      const changed = parts.with(index, bytes.toString('base64url')).join('.');
      const opened = async () => decryptJwe(parse(changed), dir);
      // The last byte of the header is its brace: then it is no JSON.
      if (index === 0) await expect(opened()).rejects.toThrow('no strict JSON header');
      else expect(await opened()).toBeNull();
    }
  });

  it('with a shorter tag or another nonce length is not opened', async () => {
    const [header, , nonce = '', text, tag = ''] = sample.split('.');
    const cut = (part: string, bytes: number) =>
      Buffer.from(part, 'base64url').subarray(0, bytes).toString('base64url');
    for (const length of [0, 4, 8, 12, 15]) {
      const changed = [header, '', nonce, text, cut(tag, length)].join('.');
      expect(await decryptJwe(parse(changed), dir)).toBeNull();
    }
    const changed = [header, '', cut(nonce, 8), text, tag].join('.');
    expect(await decryptJwe(parse(changed), dir)).toBeNull();
  });

  it.each([
    ['compression', { zip: 'DEF' }],
    ['extensions', { crit: ['exp'], exp: 1 }],
    ['a count of iterations', { p2c: 1_000_000_000 }],
    ['a salt for one', { p2s: 'AAAA' }],
    ['a key of its own', { jwk: { kty: 'oct', k: 'AAAA' } }],
    ['the place of a key', { jku: 'https://attacker.example/jwks' }],
    ['a kid that is no string', { kid: 7 }],
    ['a kid without a character', { kid: '' }],
    ['a kid without end', { kid: 'k'.repeat(129) }],
    ['a cty that is no string', { cty: {} }],
    ['no algorithm', { alg: undefined }],
    ['PBES2', { alg: 'PBES2-HS256+A128KW' }],
    ['RSA1_5', { alg: 'RSA1_5' }],
    ['RSA-OAEP with SHA-1', { alg: 'RSA-OAEP' }],
    ['the name of something inherited', { alg: 'toString' }],
    ['another content encryption', { enc: 'A128CBC-HS256' }],
    ['no content encryption', { enc: undefined }],
    ['a header without end', { pad: 'x'.repeat(2_048) }],
  ])('is refused before anything is computed if its header has %s', (_what, members) => {
    expect(() => parse(withHeader({ alg: 'dir', enc: 'A256GCM', ...members }))).toThrow();
  });

  it('is refused when its header names a member twice', () => {
    const header = Buffer.from('{"alg":"dir","enc":"A256GCM","alg":"dir"}').toString('base64url');
    expect(() => parse([header, ...sample.split('.').slice(1)].join('.'))).toThrow('strict JSON');
  });

  it('has five parts in one spelling', () => {
    expect(looksEncrypted(sample)).toBe(true);
    for (const other of ['', 'a.b.c', `${sample}.`, `${sample}.x`, sample.replace('..', '.')]) {
      expect(looksEncrypted(other)).toBe(false);
      expect(() => parse(other)).toThrow('five parts');
    }
    for (const other of [`${sample}=`, `${sample}\n`, ` ${sample}`, sample.replace('..', '.+.')]) {
      expect(() => parse(other)).toThrow('five parts');
    }
  });
});
