import type { JWK } from 'jose';
import type { DecryptionKey } from '../encryption/compact-jwe.js';
import { DecryptionKeys } from '../encryption/decryption-keys.js';
import type { GivenKey } from '../encryption/encryption-jwk.js';

/** Keys that the host handed over, and changes by starting anew. */
export class GivenDecryptionKeys extends DecryptionKeys {
  constructor(private readonly keys: readonly GivenKey[]) {
    super();
  }

  find(kid: string): DecryptionKey | null {
    return this.keys.find((given) => given.kid === kid)?.key ?? null;
  }

  current(): JWK | null {
    return this.keys[0]?.publicJwk ?? null;
  }
}
