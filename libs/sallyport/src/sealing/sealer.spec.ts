import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { SallyportError } from '../errors.js';
import { SystemRandomness } from '../randomness.js';
import { parseKeyEncryptionKeys, Sealer } from './sealer.js';

const place = { table: 'signing_keys', row: 'k1', column: 'private_jwk' };
const kek = (kid: string) => ({ kid, key: randomBytes(32) });
const sealerOf = (...keys: ReturnType<typeof kek>[]) => new Sealer(keys, new SystemRandomness());

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'no error';
  } catch (error) {
    return error instanceof SallyportError ? error.code : String(error);
  }
}

describe('Sealer', () => {
  it.each(['', 'secret', 'schlüssel 🔑', 'x'.repeat(10_000)])('opens what it sealed', (text) => {
    const sealer = sealerOf(kek('a'));
    expect(sealer.open(sealer.seal(text, place), place)).toBe(text);
  });

  it('seals the same text differently each time', () => {
    const sealer = sealerOf(kek('a'));
    expect(sealer.seal('secret', place)).not.toBe(sealer.seal('secret', place));
  });

  it('seals with the first key-encryption key and opens with all of them', () => {
    const [old, fresh] = [kek('2029'), kek('2030')];
    const sealed = sealerOf(old).seal('secret', place);
    const rotated = sealerOf(fresh, old);
    expect(rotated.open(sealed, place)).toBe('secret');
    expect(rotated.seal('secret', place)).toMatch(/^v1\.2030\./);
  });

  it('opens nothing without the key-encryption key', () => {
    const sealed = sealerOf(kek('a')).seal('secret', place);
    expect(codeOf(() => sealerOf(kek('b')).open(sealed, place))).toBe('ERR_SEAL_BROKEN');
    expect(codeOf(() => sealerOf(kek('a')).open(sealed, place))).toBe('ERR_SEAL_BROKEN');
  });

  it.each([
    { ...place, table: 'clients' },
    { ...place, row: 'k2' },
    { ...place, column: 'public_jwk' },
    { table: 'signing_keys","k1', row: '', column: 'private_jwk' },
  ])('does not open what was moved to %j', (elsewhere) => {
    const sealer = sealerOf(kek('a'));
    const sealed = sealer.seal('secret', place);
    expect(codeOf(() => sealer.open(sealed, elsewhere))).toBe('ERR_SEAL_BROKEN');
  });

  it('does not open what was changed in any character', () => {
    const sealer = sealerOf(kek('a'));
    const sealed = sealer.seal('a secret of some length', place);
    const start = 'v1.a.'.length;
    for (let index = start; index < sealed.length; index += 1) {
      const other = sealed[index] === 'A' ? 'B' : 'A';
      const changed = sealed.slice(0, index) + other + sealed.slice(index + 1);
      const isSameBytes = sameBytes(changed, sealed);
      if (!isSameBytes) expect(codeOf(() => sealer.open(changed, place))).toBe('ERR_SEAL_BROKEN');
    }
  });

  it.each(['', 'v1', 'v1.a', 'v1.a.b', 'v1.a..c', 'v1.a.b.c', 'v1.a.b.c.d', 'v2.a.b.c', '....'])(
    'refuses %j without a crash',
    (sealed) => {
      expect(codeOf(() => sealerOf(kek('a')).open(sealed, place))).toBe('ERR_SEAL_BROKEN');
    },
  );

  it('refuses a tag that was cut short', () => {
    const sealer = sealerOf(kek('a'));
    const [version, kid, nonce, body = ''] = sealer.seal('secret', place).split('.');
    const cut = Buffer.from(body, 'base64url').subarray(0, -12).toString('base64url');
    const sealed = [version, kid, nonce, cut].join('.');
    expect(codeOf(() => sealer.open(sealed, place))).toBe('ERR_SEAL_BROKEN');
  });

  it('says where it broke, and nothing of what was sealed', () => {
    const sealed = sealerOf(kek('a')).seal('secret', place);
    try {
      sealerOf(kek('b')).open(sealed, place);
      throw new TypeError('opened');
    } catch (error) {
      expect(error).toBeInstanceOf(SallyportError);
      expect((error as Error).message).toContain('signing_keys k1 private_jwk');
      expect((error as Error).message).not.toContain(sealed.split('.')[3]);
    }
  });
});

describe('Sealer.deriveKeys', () => {
  const hex = (keys: readonly Buffer[]): string[] => keys.map((key) => key.toString('hex'));

  it('RFC 5869 §2 extracts with SHA-256 and no salt, and expands with the purpose as info', () => {
    const { kid, key } = kek('a');
    const derived = sealerOf({ kid, key }).deriveKeys('cookies');
    const info = Buffer.from('sallyport cookies');
    expect(hex(derived)).toEqual([
      Buffer.from(hkdfSync('sha256', key, Buffer.alloc(32), info, 32)).toString('hex'),
    ]);
    const extracted = createHmac('sha256', Buffer.alloc(32)).update(key).digest();
    const expanded = createHmac('sha256', extracted).update(info).update('\x01').digest('hex');
    expect(hex(derived)).toEqual([expanded]);
  });

  it('gives one key of each key-encryption key, that of the one which seals first', () => {
    const [old, fresh] = [kek('2029'), kek('2030')];
    const [ofOld] = sealerOf(old).deriveKeys('cookies');
    const [ofFresh] = sealerOf(fresh).deriveKeys('cookies');
    expect(sealerOf(fresh, old).deriveKeys('cookies')).toEqual([ofFresh, ofOld]);
    expect(ofFresh).not.toEqual(ofOld);
    expect(ofFresh).toHaveLength(32);
  });

  it('gives the same keys on every instance, and other ones for another purpose', () => {
    const key = kek('a');
    const [one, two] = [sealerOf(key), sealerOf(key)];
    expect(one.deriveKeys('cookies')).toEqual(two.deriveKeys('cookies'));
    expect(one.deriveKeys('csrf')).not.toEqual(one.deriveKeys('cookies'));
    expect(hex(one.deriveKeys('cookies'))).not.toContain(key.key.toString('hex'));
  });

  it('throws rather than give no key at all, with which nothing would be signed', () => {
    expect(() => sealerOf().deriveKeys('cookies')).toThrow(TypeError);
  });
});

describe('parseKeyEncryptionKeys', () => {
  const encoded = (): string => randomBytes(32).toString('base64url');

  it('reads a list separated by commas or spaces, in its order', () => {
    const keys = parseKeyEncryptionKeys(`b:${encoded()}, a:${encoded()}\nc:${encoded()}`);
    expect(keys.map(({ kid }) => kid)).toEqual(['b', 'a', 'c']);
    expect(keys.every(({ key }) => key.length === 32)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['no kid', encoded()],
    ['an empty kid', `:${encoded()}`],
    ['31 bytes', `a:${randomBytes(31).toString('base64url')}`],
    ['33 bytes', `a:${randomBytes(33).toString('base64url')}`],
    ['padding', `a:${randomBytes(32).toString('base64')}`],
    ['a second spelling of the same bytes', `a:${'A'.repeat(42)}B`],
    ['the same kid twice', `a:${encoded()},a:${encoded()}`],
  ])('refuses %s', (_, text) => {
    expect(() => parseKeyEncryptionKeys(text)).toThrow(SallyportError);
  });

  it('never quotes what it refuses', () => {
    const secret = randomBytes(31).toString('base64url');
    try {
      parseKeyEncryptionKeys(`a:${secret}`);
      throw new TypeError('accepted');
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_OPTIONS_INVALID' });
      expect(String(error)).not.toContain(secret);
    }
  });
});

/** Base64url has spare bits: some changes of the last character change no byte. */
function sameBytes(a: string, b: string): boolean {
  const bytes = (sealed: string): string =>
    sealed
      .split('.')
      .slice(2)
      .map((part) => Buffer.from(part, 'base64url').toString('hex'))
      .join('.');
  return a.split('.').length === b.split('.').length && bytes(a) === bytes(b);
}
