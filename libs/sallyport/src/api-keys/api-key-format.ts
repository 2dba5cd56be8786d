import { crc32 } from 'node:zlib';
import { BASE62, randomBase62, type Randomness } from '../randomness.js';
import type { ApiKeyEnvironment } from './api-key.js';

const ID_LENGTH = 16;
const SECRET_LENGTH = 43; // log2(62 ** 43) is 256 bits
const CHECKSUM_LENGTH = 6;
const MAX_PREFIX_LENGTH = 16;
/** `_<env>_<id>_<secret><checksum>`: all but the prefix has one length. */
const LENGTH_AFTER_PREFIX = '_live_'.length + ID_LENGTH + 1 + SECRET_LENGTH + CHECKSUM_LENGTH;

/** Lower case letters and digits, so that `_` always ends it. */
export const isApiKeyPrefix = (text: string): boolean => /^[a-z][a-z0-9]{0,15}$/.test(text);

export interface ApiKeyParts {
  readonly prefix: string;
  readonly environment: ApiKeyEnvironment;
  readonly id: string;
  readonly secret: string;
}

/** `<prefix>_<env>_<id>_<secret><checksum>`: what a secret scanner can recognise and check without us. */
export function formatApiKey({ prefix, environment, id, secret }: ApiKeyParts): string {
  const text = `${prefix}_${environment}_${id}_${secret}`;
  return text + checksum(text);
}

/** Null for everything that is not spelt exactly so, or whose checksum is wrong: a typo costs no store call. */
export function parseApiKey(text: string): ApiKeyParts | null {
  // By places, not by a pattern: it runs at every request.
  const prefixLength = text.length - LENGTH_AFTER_PREFIX;
  if (prefixLength < 1 || prefixLength > MAX_PREFIX_LENGTH) return null;
  const idAt = prefixLength + '_live_'.length;
  const secretAt = idAt + ID_LENGTH + 1;
  const checksumAt = secretAt + SECRET_LENGTH;
  const prefix = text.slice(0, prefixLength);
  const environment = environmentOf(text.slice(prefixLength, idAt));
  if (environment === null || !isApiKeyPrefix(prefix)) return null;
  if (text.charCodeAt(secretAt - 1) !== UNDERSCORE) return null;
  if (!isBase62(text, idAt, secretAt - 1) || !isBase62(text, secretAt, text.length)) return null;
  if (crc32(text.slice(0, checksumAt)) !== numberAt(text, checksumAt)) return null;
  return {
    prefix,
    environment,
    id: text.slice(idAt, secretAt - 1),
    secret: text.slice(secretAt, checksumAt),
  };
}

function environmentOf(part: string): ApiKeyEnvironment | null {
  if (part === '_live_') return 'live';
  return part === '_test_' ? 'test' : null;
}

/** Whether a text could be the id of a key: what cannot be costs no store call. */
export const isApiKeyId = (text: string): boolean => /^[0-9A-Za-z]{16}$/.test(text);

export const newApiKeyId = (randomness: Randomness): string => randomBase62(randomness, ID_LENGTH);

export const newApiKeySecret = (randomness: Randomness): string =>
  randomBase62(randomness, SECRET_LENGTH);

/** Our keys inside any text, for URLs and logs. Matches the form only, not the checksum. */
export const apiKeyPattern = (prefix: string): RegExp =>
  new RegExp(`${prefix}_(?:live|test)_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}`);

const UNDERSCORE = '_'.charCodeAt(0);

/** One more than the digit is worth, by its character code; 0 is no digit. */
const DIGITS = new Uint8Array(128);
for (let value = 0; value < BASE62.length; value++) DIGITS[BASE62.charCodeAt(value)] = value + 1;

const digitAt = (text: string, at: number): number => DIGITS[text.charCodeAt(at)] ?? 0;

function isBase62(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (digitAt(text, at) === 0) return false;
  return true;
}

/** What the last digits say. */
function numberAt(text: string, start: number): number {
  let number = 0;
  for (let at = start; at < text.length; at++) number = number * 62 + digitAt(text, at) - 1;
  return number;
}

/** CRC-32 (IEEE) of the text in base62, left-padded with `0`. */
function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  while (rest > 0) {
    digits = BASE62.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits.padStart(CHECKSUM_LENGTH, '0');
}
