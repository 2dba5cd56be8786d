import type { KeyObject } from 'node:crypto';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { JSONWebKeySet } from 'jose';
import type { ChangedBy } from '../audit/change.js';
import { SallyportError } from '../errors.js';
import { isPromise, type MaybePromise } from '../maybe-promise.js';
import { Sealer } from '../sealing/sealer.js';
import { CurrentSigningKeys } from './current-signing-keys.js';
import { openPrivateKey } from './issue-signing-key.js';
import { jwksOf, publishedKey } from './jwks.js';
import { OpenedSigningKeys, type SigningKeyMaterial } from './opened-signing-keys.js';
import { PublishedKeys, type PublishedKey } from './published-keys.js';
import { RotateSigningKeys } from './rotate-signing-keys.js';
import { inState } from './rotation-schedule.js';
import { SIGNING_KEY_OPTIONS, type ResolvedSigningKeyOptions } from './signing-key.options.js';
import type { SigningAlgorithm, SigningKey } from './signing-key.js';

export interface ActiveSigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly privateKey: KeyObject;
}

/** The keys that our own tokens are signed with: next, active, retiring, retired, on a schedule. */
@Injectable()
export class SigningKeyService
  extends PublishedKeys
  implements OnApplicationBootstrap, BeforeApplicationShutdown
{
  private readonly logger = new Logger('SigningKeys');
  private timer: NodeJS.Timeout | undefined;
  private ticking: Promise<void> | undefined;
  private opened: ActiveSigningKey | undefined;
  private readonly openedKeys: OpenedSigningKeys;
  private readonly published = new WeakMap<readonly SigningKey[], readonly PublishedKey[]>();

  constructor(
    private readonly current: CurrentSigningKeys,
    private readonly rotation: RotateSigningKeys,
    private readonly sealer: Sealer,
    @Inject(SIGNING_KEY_OPTIONS) private readonly options: ResolvedSigningKeyOptions,
  ) {
    super();
    this.openedKeys = new OpenedSigningKeys(sealer);
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.scheduledTick();
    this.timer = setInterval(() => {
      void this.scheduledTick();
    }, this.options.checkEverySeconds * 1000);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.ticking?.catch(() => undefined);
  }

  /** Does what the schedule says is due. Concurrent calls share one run. */
  tick(): Promise<void> {
    this.ticking ??= this.rotation.tick().finally(() => {
      this.ticking = undefined;
      this.current.forget();
    });
    return this.ticking;
  }

  /**
   * For emergencies: the next key signs from now on, even if verifiers that cache the set have yet to
   * see it. False when someone else rotated at the same moment.
   */
  async rotateNow(by: ChangedBy): Promise<boolean> {
    const rotated = await this.rotation.rotateNow(by);
    this.current.forget();
    return rotated;
  }

  /** Ends a leaked key and every token it signed. False when no such key was in use. */
  async revoke(kid: string, by: ChangedBy): Promise<boolean> {
    const revoked = await this.rotation.revoke(kid, by);
    // The key is ended, whatever becomes of the schedule.
    await this.scheduledTick();
    return revoked;
  }

  /** The key to sign with now. Ask each time: it changes. */
  async activeKey(): Promise<ActiveSigningKey> {
    const { active } = await this.signable();
    if (this.opened?.kid !== active.kid) {
      const { kid, algorithm } = active;
      this.opened = { kid, algorithm, privateKey: openPrivateKey(active, this.sealer) };
    }
    return this.opened;
  }

  /**
   * For the engine that signs tokens: the active key first, then the next and the retiring ones. It is the same array as before as long as no key moved.
   * Throws ERR_KEYS_UNAVAILABLE when none can sign, ERR_SEAL_BROKEN when one cannot be unsealed.
   */
  async signingKeys(): Promise<readonly SigningKeyMaterial[]> {
    const { keys } = await this.signable();
    return this.openedKeys.of(keys);
  }

  publicKeys(wantedKid?: string): MaybePromise<readonly PublishedKey[]> {
    const keys = wantedKid === undefined ? this.current.list() : this.current.listWith(wantedKid);
    return isPromise(keys) ? keys.then(this.publish) : this.publish(keys);
  }

  private readonly publish = (keys: readonly SigningKey[]): readonly PublishedKey[] => {
    const published = this.published.get(keys) ?? keys.map(publishedKey);
    this.published.set(keys, published);
    return published;
  };

  /** The JWK set to publish (RFC 7517 §5). */
  async jwks(): Promise<JSONWebKeySet> {
    return jwksOf(await this.publicKeys());
  }

  /** The current keys, one of which is active; made on the spot if there is none. Throws ERR_KEYS_UNAVAILABLE. */
  private async signable(): Promise<{ keys: readonly SigningKey[]; active: SigningKey }> {
    let keys = await this.current.list();
    if (inState(keys, 'active') === undefined) {
      await this.tick();
      keys = await this.current.list();
    }
    const active = inState(keys, 'active');
    if (active === undefined) {
      throw new SallyportError('ERR_KEYS_UNAVAILABLE', {
        reason: 'no signing key is active',
        retryAfterSeconds: 1,
      });
    }
    return { keys, active };
  }

  private async scheduledTick(): Promise<void> {
    try {
      await this.tick();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.logger.error(`the schedule of signing keys waits for its next turn: ${reason}`);
    }
  }
}
