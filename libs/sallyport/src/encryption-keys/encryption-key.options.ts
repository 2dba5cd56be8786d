import type { JSONWebKeySet } from 'jose';
import { readGivenKey, type GivenKey } from '../encryption/encryption-jwk.js';
import {
  JWKS_MAX_AGE_SECONDS,
  type ResolvedRotationOptions,
} from '../key-rotation/rotation.options.js';

export interface EncryptionKeyOptions {
  /**
   * Private keys that are made elsewhere, each with `kid` and `use: enc`: EC P-256 or RSA. Others encrypt to the first, all
   * decrypt. @default keys of our own, sealed in the store and rotated
   */
  readonly jwks?: JSONWebKeySet;
  /** How long a key is published. @default 2592000 (30 days) */
  readonly rotateAfterSeconds?: number;
  /**
   * How long a key still decrypts after it was published last: whoever encrypts may have kept the set, and what was
   * encrypted lives on. @default the longest token life, twice the clock skew, and 87000 (a day and ten minutes)
   */
  readonly retireAfterSeconds?: number;
  /** How often the schedule is looked at. @default 60 */
  readonly checkEverySeconds?: number;
}

export interface ResolvedEncryptionKeyOptions {
  /** Where the keys come from; `none` are made before something needs them. */
  readonly keys: 'none' | 'own' | readonly GivenKey[];
  readonly rotation: ResolvedRotationOptions;
}

export const ENCRYPTION_KEY_OPTIONS = Symbol('EncryptionKeyOptions');

/** What the options of other parts say of our own tokens. */
interface OwnTokens {
  readonly maxTokenLifetimeSeconds: number;
  readonly clockSkewSeconds: number;
}

/** The next key is known to every instance long before; nobody else has to know it before it is used. */
const PUBLISH_BEFORE_USE_SECONDS = 60;

/** `false`: no keys, unless `isNeeded` by something else that was opened. */
export function resolveEncryptionKeyOptions(
  given: EncryptionKeyOptions | boolean | undefined,
  isNeeded: boolean,
  { maxTokenLifetimeSeconds, clockSkewSeconds }: OwnTokens,
  mistakes: string[],
): ResolvedEncryptionKeyOptions {
  // `'false'` from an environment variable would be true.
  const isKnown = given === undefined || typeof given === 'boolean' || isObject(given);
  if (!isKnown) mistakes.push('encryptionKeys must be true, false or its options');
  if (given === false && isNeeded) {
    mistakes.push('encryptionKeys must not be false, since encrypted tokens are accepted');
  }
  const options = isObject(given) ? given : {};
  const {
    jwks,
    rotateAfterSeconds = 2_592_000,
    retireAfterSeconds = maxTokenLifetimeSeconds + 2 * clockSkewSeconds + 87_000,
    checkEverySeconds = 60,
  } = options;
  const leastRetire = maxTokenLifetimeSeconds + clockSkewSeconds + JWKS_MAX_AGE_SECONDS;
  const mistake = (name: keyof EncryptionKeyOptions, demand: string): void => {
    mistakes.push(`encryptionKeys.${name} must be ${demand}`);
  };
  if (!(rotateAfterSeconds >= JWKS_MAX_AGE_SECONDS)) {
    mistake('rotateAfterSeconds', `${JWKS_MAX_AGE_SECONDS.toString()} or more`);
  }
  if (!(retireAfterSeconds >= leastRetire)) {
    mistake(
      'retireAfterSeconds',
      `${leastRetire.toString()} or more: the longest token life, and how long others keep the set`,
    );
  }
  if (!(checkEverySeconds >= 1 && checkEverySeconds <= 3600)) {
    mistake('checkEverySeconds', '1 to 3600');
  }
  const isOn = isNeeded || (given ?? false) !== false;
  const own = isOn ? 'own' : 'none';
  return Object.freeze({
    keys: jwks === undefined ? own : readGivenKeys(jwks, mistake),
    rotation: Object.freeze({
      rotateAfterSeconds,
      publishBeforeUseSeconds: PUBLISH_BEFORE_USE_SECONDS,
      retireAfterSeconds,
      checkEverySeconds,
    }),
  });
}

const isObject = (given: unknown): given is EncryptionKeyOptions =>
  typeof given === 'object' && given !== null;

/** None is quoted: they are secret. */
function readGivenKeys(
  jwks: JSONWebKeySet,
  mistake: (name: 'jwks', demand: string) => void,
): readonly GivenKey[] {
  const given: unknown = jwks.keys;
  const read = Array.isArray(given) ? given.map(readGivenKey) : [];
  const keys = read.filter((key) => key !== null);
  const kids = new Set(keys.map(({ kid }) => kid));
  if (keys.length === 0 || keys.length !== read.length || kids.size !== keys.length) {
    mistake(
      'jwks',
      'a set of private keys, EC P-256 or RSA of 2048 to 8192 bits, each with `use: enc` and a kid of its own',
    );
  }
  return Object.freeze(keys);
}
