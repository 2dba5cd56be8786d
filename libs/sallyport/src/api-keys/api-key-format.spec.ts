import { BASE62, SystemRandomness } from '../randomness.js';
import {
  apiKeyPattern,
  formatApiKey,
  isApiKeyPrefix,
  newApiKeyId,
  newApiKeySecret,
  parseApiKey,
  type ApiKeyParts,
} from './api-key-format.js';

const randomness = new SystemRandomness();
const newParts = (): ApiKeyParts => ({
  prefix: 'sp',
  environment: 'live',
  id: newApiKeyId(randomness),
  secret: newApiKeySecret(randomness),
});

/** CRC-32 of ISO/IEC 3309 bit by bit: reflected polynomial EDB88320, start and end inverted. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function base62(number: number): string {
  let digits = '';
  for (let rest = BigInt(number), place = 0; place < 6; place++, rest /= 62n) {
    digits = BASE62.charAt(Number(rest % 62n)) + digits;
  }
  return digits;
}

describe('formatApiKey', () => {
  it('is <prefix>_<env>_<id>_<secret><checksum> [C71]', () => {
    const parts = newParts();
    expect(parts.id).toMatch(/^[0-9A-Za-z]{16}$/);
    expect(parts.secret).toMatch(/^[0-9A-Za-z]{43}$/);
    const text = formatApiKey(parts);
    const before = `sp_live_${parts.id}_${parts.secret}`;
    expect(text.slice(0, before.length)).toBe(before);
    expect(text.slice(before.length)).toMatch(/^[0-9A-Za-z]{6}$/);
  });

  it('ends in the CRC-32 of all before it, in base62, as an independent implementation has it [C71]', () => {
    expect(crc32('123456789')).toBe(0xcbf43926); // the check value of CRC-32/ISO-HDLC
    for (let round = 0; round < 500; round++) {
      const text = formatApiKey({ ...newParts(), environment: round % 2 ? 'live' : 'test' });
      expect(text.slice(-6)).toBe(base62(crc32(text.slice(0, -6))));
    }
  });

  it('keeps to a vector written down once [C71]', () => {
    const text = formatApiKey({
      prefix: 'sp',
      environment: 'test',
      id: '0123456789ABCDEF',
      secret: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ',
    });
    expect(text).toBe('sp_test_0123456789ABCDEF_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ3IucZf');
  });

  it('pads a small checksum with zeros on the left [C71]', () => {
    // A checksum below 62 ** 5 has five digits: about one key in five.
    const padded = Array.from({ length: 200 }, () => formatApiKey(newParts())).filter(
      (text) => crc32(text.slice(0, -6)) < 62 ** 5,
    );
    expect(padded.length).toBeGreaterThan(0);
    for (const text of padded) {
      expect(text.at(-6)).toBe('0');
      expect(parseApiKey(text)).not.toBeNull();
    }
  });
});

describe('parseApiKey', () => {
  it('reads what formatApiKey wrote', () => {
    const parts = newParts();
    expect(parseApiKey(formatApiKey(parts))).toEqual(parts);
  });

  it('refuses every change of a single character [C71]', () => {
    const text = formatApiKey(newParts());
    for (let place = 0; place < text.length; place++) {
      for (const character of `${BASE62}_-. é\n`) {
        if (character === text[place]) continue;
        const changed = text.slice(0, place) + character + text.slice(place + 1);
        expect([changed, parseApiKey(changed)]).toEqual([changed, null]);
      }
    }
  });

  it('refuses every neighbour pair that changed places', () => {
    const text = formatApiKey(newParts());
    for (let place = 0; place + 1 < text.length; place++) {
      const [a = '', b = ''] = [text[place], text[place + 1]];
      if (a === b) continue;
      expect(parseApiKey(text.slice(0, place) + b + a + text.slice(place + 2))).toBeNull();
    }
  });

  it.each([
    ['nothing', () => ''],
    ['a key and a line feed', (text: string) => `${text}\n`],
    ['a key with a space before it', (text: string) => ` ${text}`],
    ['a key twice', (text: string) => text + text],
    ['a key cut short', (text: string) => text.slice(0, -1)],
    ['a key in capitals', (text: string) => text.toUpperCase()],
    ['a full-width letter', (text: string) => text.replace('s', 'ｓ')],
    ['a million characters', (text: string) => text + 'a'.repeat(1_000_000)],
    ['an environment of its own', (text: string) => text.replace('_live_', '_prod_')],
  ])('refuses %s', (_what, spoil) => {
    expect(parseApiKey(spoil(formatApiKey(newParts())))).toBeNull();
  });
});

describe('isApiKeyPrefix', () => {
  it.each(['sp', 'a', 'acme1', 'a234567890123456'])('accepts %j', (prefix) => {
    expect(isApiKeyPrefix(prefix)).toBe(true);
  });

  it.each(['', 'Sp', '1sp', 's_p', 'a2345678901234567', 'sp\n', '.*'])('refuses %j', (prefix) => {
    expect(isApiKeyPrefix(prefix)).toBe(false);
  });
});

describe('apiKeyPattern', () => {
  it('finds a key within a text', () => {
    const text = formatApiKey(newParts());
    expect(apiKeyPattern('sp').test(`/invoices?next=${text}&a=1`)).toBe(true);
    expect(apiKeyPattern('sp').test('/invoices?next=sp_live_abc')).toBe(false);
  });
});
