import { crc32 } from 'node:zlib';
import { BASE62, randomBase62, type Randomness } from '../randomness.js';
import type { ApiKeyEnvironment } from './api-key.js';

const ID_LENGTH = 16;
const SECRET_LENGTH = 43; // log2(62 ** 43) is 256 bits
const CHECKSUM_LENGTH = 6;
const FORMAT =
  /^([a-z][a-z0-9]{0,15})_(live|test)_([0-9A-Za-z]{16})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;

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
  const [, prefix, environment, id, secret, sum] = FORMAT.exec(text) ?? [];
  if (prefix === undefined || id === undefined || secret === undefined) return null;
  if (sum !== checksum(text.slice(0, -CHECKSUM_LENGTH))) return null;
  return { prefix, environment: environment as ApiKeyEnvironment, id, secret };
}

export const newApiKeyId = (randomness: Randomness): string => randomBase62(randomness, ID_LENGTH);

export const newApiKeySecret = (randomness: Randomness): string =>
  randomBase62(randomness, SECRET_LENGTH);

/** Our keys inside any text, for URLs and logs. Matches the form only, not the checksum. */
export const apiKeyPattern = (prefix: string): RegExp =>
  new RegExp(`${prefix}_(?:live|test)_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}`);

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
