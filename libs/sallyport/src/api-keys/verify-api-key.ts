import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { SallyportError, type ErrorCode } from '../errors.js';
import { hashBytes, hashSecret, isSecretOf } from '../hashing/secret-hash.js';
import { isPromise, type MaybePromise } from '../maybe-promise.js';
import { AddressRanges } from '../network/address.js';
import type { ApiKey } from './api-key.js';
import { ApiKeyDirectory } from './api-key.directory.js';
import { parseApiKey } from './api-key-format.js';
import { API_KEY_OPTIONS, type ResolvedApiKeyOptions } from './api-key.options.js';

const MAX_FOREIGN_LENGTH = 512;
/** Compared with when there is no such key, so that both cases do the same work. */
const NO_HASH = Buffer.alloc(32);

/** What is made of a record once, and asked at every request. */
interface Readied {
  readonly hash: Buffer;
  /** In milliseconds; infinite for a key that does not expire. */
  readonly endsAt: number;
  /** Null: from anywhere. */
  readonly addresses: AddressRanges | null;
}

@Injectable()
export class VerifyApiKey {
  private readonly readied = new WeakMap<ApiKey, Readied>();

  constructor(
    private readonly keys: ApiKeyDirectory,
    private readonly clock: Clock,
    @Inject(API_KEY_OPTIONS) private readonly options: ResolvedApiKeyOptions,
  ) {}

  /**
   * The key whose text this is, if it may be used `now` (in milliseconds since 1970) and from `address`; at once when
   * the directory knows it. Throws or rejects. Reads only: never deletes, refills or extends. Not checked here: revocation by epoch, the state
   * of its client and of its user.
   */
  verify(text: string, address: string, now = this.clock.milliseconds()): MaybePromise<ApiKey> {
    const key = this.isForeign(text) ? this.findForeign(text) : this.find(text);
    return isPromise(key)
      ? key.then((found) => this.admit(found, address, this.clock.milliseconds()))
      : this.admit(key, address, now);
  }

  /** As `verify`, for a key that has proven itself by a signature. Throws unless it may be used `now` and from `address`. */
  assertUsable(key: ApiKey, address: string, now = this.clock.milliseconds()): void {
    const { environment, prefix } = this.options;
    // A hash does not cover what comes before the secret, and anyone can write a new checksum: the record decides.
    if (key.environment !== environment || (!key.isForeign && key.prefix !== prefix)) {
      throw unknown(`API key ${key.id} was issued for another prefix or environment`);
    }
    const { endsAt, addresses } = this.ready(key);
    // The secret is right from here on, so the log may name the key.
    if (key.revokedAt !== null) throw refused(key, 'ERR_CREDENTIAL_REVOKED');
    if (endsAt <= now) throw refused(key, 'ERR_CREDENTIAL_EXPIRED');
    if (addresses !== null && !addresses.contains(address)) {
      throw refused(key, 'ERR_CREDENTIAL_ADDRESS', ` from ${address}`);
    }
  }

  private admit(key: ApiKey, address: string, now: number): ApiKey {
    this.assertUsable(key, address, now);
    if (key.signedOnly) throw refused(key, 'ERR_CREDENTIAL_SIGNED_ONLY');
    return key;
  }

  private find(text: string): MaybePromise<ApiKey> {
    const parts = parseApiKey(text);
    if (parts === null) throw unknown('not the text of an API key');
    const { id, secret } = parts;
    const { prefix, environment } = this.options;
    if (parts.prefix !== prefix || parts.environment !== environment) {
      throw unknown(`a key of another prefix or environment than ${prefix}_${environment}`);
    }
    const key: MaybePromise<ApiKey | null> = this.keys.find(id);
    return isPromise(key)
      ? key.then((found) => this.believe(found, id, secret))
      : this.believe(key, id, secret);
  }

  private believe(key: ApiKey | null, id: string, secret: string): ApiKey {
    const isSame = isSecretOf(key === null ? NO_HASH : this.ready(key).hash, secret);
    if (key === null || key.isForeign || !isSame) {
      throw unknown(`API key ${id}: ${key === null ? 'no such id' : 'wrong secret'}`);
    }
    return key;
  }

  private isForeign(text: string): boolean {
    for (const foreign of this.options.foreignPrefixes) if (text.startsWith(foreign)) return true;
    return false;
  }

  /** Keys of another system have neither id nor checksum; their high entropy allows a lookup by hash. */
  private findForeign(text: string): MaybePromise<ApiKey> {
    if (text.length > MAX_FOREIGN_LENGTH) throw unknown('not the text of an API key');
    const key: MaybePromise<ApiKey | null> = this.keys.findForeign(hashSecret(text));
    return isPromise(key)
      ? key.then((found) => believeForeign(found, text))
      : believeForeign(key, text);
  }

  private ready(key: ApiKey): Readied {
    const known = this.readied.get(key);
    if (known !== undefined) return known;
    const { secretHash, expiresAt, addressRanges } = key;
    const readied = {
      hash: hashBytes(secretHash),
      endsAt: expiresAt?.getTime() ?? Infinity,
      addresses: addressRanges.length === 0 ? null : new AddressRanges(addressRanges),
    };
    this.readied.set(key, readied);
    return readied;
  }
}

function believeForeign(key: ApiKey | null, text: string): ApiKey {
  if (key === null || !text.startsWith(key.prefix)) {
    throw unknown('no imported API key with this hash');
  }
  return key;
}

const unknown = (reason: string) => new SallyportError('ERR_CREDENTIAL_UNKNOWN', { reason });

const refused = ({ id, clientId }: ApiKey, code: ErrorCode, more = '') =>
  new SallyportError(code, { reason: `API key ${id}${more}`, clientId });
