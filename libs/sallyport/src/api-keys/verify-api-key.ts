import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { SallyportError } from '../errors.js';
import { hashSecret, isSameHash } from '../hashing/secret-hash.js';
import { AddressRanges } from '../network/address.js';
import type { ApiKey } from './api-key.js';
import { ApiKeyDirectory } from './api-key.directory.js';
import { parseApiKey } from './api-key-format.js';
import { API_KEY_OPTIONS, type ResolvedApiKeyOptions } from './api-key.options.js';

const MAX_FOREIGN_LENGTH = 512;
/** Compared with when there is no such key, so that both cases do the same work. */
const NO_HASH = '0'.repeat(64);

@Injectable()
export class VerifyApiKey {
  constructor(
    private readonly keys: ApiKeyDirectory,
    private readonly clock: Clock,
    @Inject(API_KEY_OPTIONS) private readonly options: ResolvedApiKeyOptions,
  ) {}

  /**
   * The key whose text this is, if it may be used now and from `address`. Reads only: never deletes, refills or
   * extends. Not checked here: revocation by epoch, the state of its client and of its user.
   */
  async verify(text: string, address: string): Promise<ApiKey> {
    const key = await this.find(text);
    // The secret is right from here on, so the log may name the key.
    const reason = `API key ${key.id}`;
    if (key.revokedAt !== null) throw new SallyportError('ERR_CREDENTIAL_REVOKED', { reason });
    if (key.expiresAt !== null && key.expiresAt <= this.clock.now()) {
      throw new SallyportError('ERR_CREDENTIAL_EXPIRED', { reason });
    }
    if (key.signedOnly) throw new SallyportError('ERR_CREDENTIAL_SIGNED_ONLY', { reason });
    if (key.addressRanges.length > 0 && !new AddressRanges(key.addressRanges).contains(address)) {
      throw new SallyportError('ERR_CREDENTIAL_ADDRESS', { reason: `${reason} from ${address}` });
    }
    return key;
  }

  private async find(text: string): Promise<ApiKey> {
    const { prefix, environment, foreignPrefixes } = this.options;
    if (foreignPrefixes.some((foreign) => text.startsWith(foreign))) return this.findForeign(text);
    const parts = parseApiKey(text);
    if (parts === null) throw unknown('not the text of an API key');
    if (parts.prefix !== prefix || parts.environment !== environment) {
      throw unknown(`a key of another prefix or environment than ${prefix}_${environment}`);
    }
    const key = await this.keys.find(parts.id);
    const isSame = isSameHash(key?.secretHash ?? NO_HASH, hashSecret(parts.secret));
    if (key === null || key.isForeign || !isSame) {
      throw unknown(`API key ${parts.id}: ${key === null ? 'no such id' : 'wrong secret'}`);
    }
    this.assertOfHere(key);
    return key;
  }

  /** Keys of another system have neither id nor checksum; their high entropy allows a lookup by hash. */
  private async findForeign(text: string): Promise<ApiKey> {
    if (text.length > MAX_FOREIGN_LENGTH) throw unknown('not the text of an API key');
    const key = await this.keys.findForeign(hashSecret(text));
    if (key === null || !text.startsWith(key.prefix)) {
      throw unknown('no imported API key with this hash');
    }
    this.assertOfHere(key);
    return key;
  }

  /** The hash does not cover what comes before the secret, and anyone can write a new checksum: the record decides. */
  private assertOfHere(key: ApiKey): void {
    const isOfHere =
      key.environment === this.options.environment &&
      (key.isForeign || key.prefix === this.options.prefix);
    if (!isOfHere) throw unknown(`API key ${key.id} was issued for another prefix or environment`);
  }
}

const unknown = (reason: string) => new SallyportError('ERR_CREDENTIAL_UNKNOWN', { reason });
