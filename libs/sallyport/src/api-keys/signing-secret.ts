import { createSecretKey, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Randomness } from '../randomness.js';
import { Sealer, type SealedPlace } from '../sealing/sealer.js';
import type { ApiKey } from './api-key.js';

/** Bytes of a signing secret: as many as SHA-256 gives, and so as many as an HMAC of it can use (RFC 2104 §3). */
const SECRET_BYTES = 32;

const placeOf = (apiKeyId: string): SealedPlace => ({
  table: 'api_keys',
  row: apiKeyId,
  column: 'sealed_signing_secret',
});

/** Random, base64url; not derived from the key's text, so that neither is worth anything without the other. */
export const newSigningSecret = (randomness: Randomness): string =>
  randomness.bytes(SECRET_BYTES).toString('base64url');

export const sealSigningSecret = (secret: string, apiKeyId: string, sealer: Sealer): string =>
  sealer.seal(secret, placeOf(apiKeyId));

/** Unseals the signing secret of a key once, as long as its record stays the same. */
@Injectable()
export class SigningSecrets {
  private readonly opened = new WeakMap<ApiKey, KeyObject>();

  constructor(private readonly sealer: Sealer) {}

  /** Null for a key that cannot sign. Throws ERR_SEAL_BROKEN. */
  of(key: ApiKey): KeyObject | null {
    if (key.sealedSigningSecret === null) return null;
    const known = this.opened.get(key);
    if (known !== undefined) return known;
    const secret = this.sealer.open(key.sealedSigningSecret, placeOf(key.id));
    const opened = createSecretKey(Buffer.from(secret, 'base64url'));
    this.opened.set(key, opened);
    return opened;
  }
}
