import { Logger } from '@nestjs/common';
import { addSeconds, type Clock } from '../../../clock.js';
import { SallyportError } from '../../../errors.js';
import type { MaybePromise } from '../../../maybe-promise.js';
import type { OutboundHttp } from '../../../outbound/outbound-http.js';

/** How long fetched keys are used. */
export interface JwksCacheSettings {
  /** A copy older than this is fetched again before use; from half of it on, in the background. */
  readonly maxAgeSeconds: number;
  /** An unknown `kid` makes us fetch at most this often: anyone can write one. */
  readonly cooldownSeconds: number;
  /** How long after `maxAgeSeconds` a copy is still used while the issuer cannot be reached. */
  readonly maxStaleSeconds: number;
}

export interface RemoteKeySetSettings extends JwksCacheSettings {
  readonly uri: string;
}

/** The usable keys of what was fetched, by `kid`; null when it is no JWK set. Keys that stayed are taken over from `previous`. */
type ReadKeys<Key> = (
  jwks: unknown,
  previous?: ReadonlyMap<string, Key>,
) => ReadonlyMap<string, Key> | null;

/** After a fetch that failed, so that not every request waits for the next one to fail. */
const RETRY_SECONDS = 5;

interface Copy<Key> {
  readonly keys: ReadonlyMap<string, Key>;
  readonly fetchedAt: Date;
}

/** A JWK set (RFC 7517 §5) that somebody else publishes, fetched when needed and by one request at a time. */
export class RemoteKeySet<Key extends object> {
  private readonly logger = new Logger(RemoteKeySet.name);
  private copy: Copy<Key> | null = null;
  private attemptedAt: Date | null = null;
  private failedAt: Date | null = null;
  private fetching: Promise<void> | null = null;

  constructor(
    private readonly settings: RemoteKeySetSettings,
    private readonly read: ReadKeys<Key>,
    private readonly http: OutboundHttp,
    private readonly clock: Clock,
  ) {}

  /** Null when there is no such key. @throws ERR_KEYS_UNAVAILABLE when nobody can say */
  find(kid: string): MaybePromise<Key | null> {
    const isYoung = this.isWithin(this.copy?.fetchedAt ?? null, this.settings.maxAgeSeconds / 2);
    const known = isYoung ? this.copy?.keys.get(kid) : undefined;
    return known ?? this.findAnew(kid);
  }

  private async findAnew(kid: string): Promise<Key | null> {
    const keys = await this.all();
    const known = keys.get(kid);
    if (known !== undefined) return known;
    if (this.fetching === null && this.isWithin(this.attemptedAt, this.settings.cooldownSeconds)) {
      return null;
    }
    await this.fetch();
    return this.copy?.keys.get(kid) ?? null;
  }

  /** @throws ERR_KEYS_UNAVAILABLE */
  async all(): Promise<ReadonlyMap<string, Key>> {
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
    const { uri } = this.settings;
    try {
      const keys = this.read(await this.http.getJson(uri), this.copy?.keys);
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
