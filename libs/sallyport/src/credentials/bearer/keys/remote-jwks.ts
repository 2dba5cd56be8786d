import { Logger } from '@nestjs/common';
import { addSeconds, type Clock } from '../../../clock.js';
import { SallyportError } from '../../../errors.js';
import type { MaybePromise } from '../../../maybe-promise.js';
import type { OutboundHttp } from '../../../outbound/outbound-http.js';
import type { SigningAlgorithm } from '../../../signing-keys/signing-key.js';
import { readJwkSet } from './jwk-set.js';
import { VerificationKeys, type VerificationKey } from './verification-keys.js';

/** How long fetched keys are used. */
export interface JwksCacheSettings {
  /** A copy older than this is fetched again before use; from half of it on, in the background. */
  readonly maxAgeSeconds: number;
  /** An unknown `kid` makes us fetch at most this often: anyone can write one. */
  readonly cooldownSeconds: number;
  /** How long after `maxAgeSeconds` a copy is still used while the issuer cannot be reached. */
  readonly maxStaleSeconds: number;
}

export interface RemoteJwksSettings extends JwksCacheSettings {
  readonly uri: string;
  readonly algorithms: readonly SigningAlgorithm[];
}

/** After a fetch that failed, so that not every request waits for the next one to fail. */
const RETRY_SECONDS = 5;

interface Copy {
  readonly keys: ReadonlyMap<string, VerificationKey>;
  readonly fetchedAt: Date;
}

/** An issuer's JWK set (RFC 7517 §5), fetched when needed and by one request at a time. */
export class RemoteJwks extends VerificationKeys {
  private readonly logger = new Logger(RemoteJwks.name);
  private copy: Copy | null = null;
  private attemptedAt: Date | null = null;
  private failedAt: Date | null = null;
  private fetching: Promise<void> | null = null;

  constructor(
    private readonly settings: RemoteJwksSettings,
    private readonly http: OutboundHttp,
    private readonly clock: Clock,
  ) {
    super();
  }

  find(kid: string): MaybePromise<VerificationKey | null> {
    const isYoung = this.isWithin(this.copy?.fetchedAt ?? null, this.settings.maxAgeSeconds / 2);
    const known = isYoung ? this.copy?.keys.get(kid) : undefined;
    return known ?? this.findAnew(kid);
  }

  private async findAnew(kid: string): Promise<VerificationKey | null> {
    const keys = await this.current();
    const known = keys.get(kid);
    if (known !== undefined) return known;
    if (this.fetching === null && this.isWithin(this.attemptedAt, this.settings.cooldownSeconds)) {
      return null;
    }
    await this.fetch();
    return this.copy?.keys.get(kid) ?? null;
  }

  private async current(): Promise<Copy['keys']> {
    const { maxAgeSeconds, maxStaleSeconds } = this.settings;
    const fetchedAt = this.copy?.fetchedAt ?? null;
    if (!this.isWithin(fetchedAt, maxAgeSeconds)) await this.fetch();
    else if (!this.isWithin(fetchedAt, maxAgeSeconds / 2)) void this.fetch();

    if (
      this.copy === null ||
      !this.isWithin(this.copy.fetchedAt, maxAgeSeconds + maxStaleSeconds)
    ) {
      throw new SallyportError('ERR_KEYS_UNAVAILABLE', {
        reason: `no keys from ${this.settings.uri}`,
        retryAfterSeconds: RETRY_SECONDS,
      });
    }
    return this.copy.keys;
  }

  /** Never rejects: what a failure means depends on the copy there is. */
  private async fetch(): Promise<void> {
    if (this.fetching === null) {
      if (this.isWithin(this.failedAt, RETRY_SECONDS)) return;
      this.attemptedAt = this.clock.now();
      this.fetching = this.fetchOnce().finally(() => {
        this.fetching = null;
      });
    }
    await this.fetching;
  }

  private async fetchOnce(): Promise<void> {
    const { uri, algorithms } = this.settings;
    try {
      const keys = readJwkSet(await this.http.getJson(uri), algorithms, this.copy?.keys);
      if (keys === null) throw new TypeError('the answer is no JWK set');
      this.copy = { keys, fetchedAt: this.clock.now() };
      this.failedAt = null;
    } catch (error) {
      this.failedAt = this.clock.now();
      this.logger.warn(`Cannot fetch keys from ${uri}: ${String(error)}`);
    }
  }

  /** An instant in the future is one of a clock that was set back since: nothing follows from it. */
  private isWithin(instant: Date | null, seconds: number): boolean {
    const now = this.clock.now();
    return instant !== null && instant <= now && now < addSeconds(instant, seconds);
  }
}
