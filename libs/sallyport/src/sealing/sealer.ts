import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { SallyportError } from '../errors.js';
import type { Randomness } from '../randomness.js';

/** Where a sealed value lives. It is authenticated with the value, so that none can be moved to another row. */
export interface SealedPlace {
  readonly table: string;
  readonly row: string;
  readonly column: string;
}

/** One key-encryption key: 32 bytes under a name of 1 to 32 of `A-Z a-z 0-9 _ -`. */
export interface KeyEncryptionKey {
  readonly kid: string;
  readonly key: Buffer;
}

const ENTRY = /^([\w-]{1,32}):([A-Za-z0-9_-]{43})$/;

/** Reads `SALLYPORT_KEK`: `kid:base64url(32 bytes)`, separated by commas or spaces. Throws ERR_OPTIONS_INVALID. */
export function parseKeyEncryptionKeys(text: string): readonly KeyEncryptionKey[] {
  const keys = text
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [, kid, encoded] = ENTRY.exec(entry) ?? [];
      const key = Buffer.from(encoded ?? '', 'base64url');
      // The second test refuses other spellings of the same bytes. The entry itself is never quoted: it is a secret.
      if (kid === undefined || key.length !== 32 || key.toString('base64url') !== encoded) {
        throw new SallyportError('ERR_OPTIONS_INVALID', {
          reason:
            'kek must be a list of `kid:base64url(32 bytes)`; make one with `openssl rand 32 | basenc --base64url -w0 | tr -d =`',
        });
      }
      return { kid, key };
    });
  if (keys.length === 0 || new Set(keys.map(({ kid }) => kid)).size !== keys.length) {
    throw new SallyportError('ERR_OPTIONS_INVALID', {
      reason: 'kek must name at least one key-encryption key, each kid once',
    });
  }
  return keys;
}

/**
 * Seals secrets that we must know again (private keys) with AES-256-GCM (NIST SP 800-38D).
 * The first key-encryption key seals, all of them open: put a new one in front to rotate.
 */
export class Sealer {
  constructor(
    private readonly keys: readonly KeyEncryptionKey[],
    private readonly randomness: Randomness,
  ) {}

  /** `v1.<kid>.<nonce>.<ciphertext and tag>`, base64url. */
  seal(plaintext: string, place: SealedPlace): string {
    const [first] = this.keys;
    if (first === undefined) throw new TypeError('Sealer without key-encryption keys');
    const nonce = this.randomness.bytes(12);
    const cipher = createCipheriv('aes-256-gcm', first.key, nonce);
    cipher.setAAD(aad(place));
    const sealed = Buffer.concat([
      cipher.update(plaintext, 'utf8'),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
    return `v1.${first.kid}.${nonce.toString('base64url')}.${sealed.toString('base64url')}`;
  }

  /**
   * 32 bytes of every key-encryption key by HKDF-SHA256 (RFC 5869), for what is not sealed but signed: cookies, form
   * tokens. Sign with the first, and accept what any of them signed. Each purpose has keys of its own, the same on
   * every instance and after every start.
   */
  deriveKeys(purpose: string): readonly Buffer[] {
    if (this.keys.length === 0) throw new TypeError('Sealer without key-encryption keys');
    // RFC 5869 §3.1: without a salt, since the input is random already.
    return this.keys.map(({ key }) =>
      Buffer.from(hkdfSync('sha256', key, '', `sallyport ${purpose}`, 32)),
    );
  }

  /** Throws ERR_SEAL_BROKEN when the key-encryption key is missing, or the value was changed or moved. */
  open(sealed: string, place: SealedPlace): string {
    const [version, kid, nonce, body, ...rest] = sealed.split('.');
    const key = this.keys.find((candidate) => candidate.kid === kid)?.key;
    if (version !== 'v1' || key === undefined || !nonce || !body || rest.length > 0) {
      throw broken(place, `no key-encryption key ${kid ?? ''} for it`);
    }
    const bytes = Buffer.from(body, 'base64url');
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64url'), {
        authTagLength: 16,
      });
      decipher.setAAD(aad(place));
      decipher.setAuthTag(bytes.subarray(-16));
      return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString(
        'utf8',
      );
    } catch (cause) {
      throw broken(place, 'it was changed or moved', cause);
    }
  }
}

const aad = ({ table, row, column }: SealedPlace): Buffer =>
  Buffer.from(JSON.stringify([table, row, column]));

const broken = ({ table, row, column }: SealedPlace, why: string, cause?: unknown) =>
  new SallyportError('ERR_SEAL_BROKEN', { reason: `${table} ${row} ${column}: ${why}`, cause });
