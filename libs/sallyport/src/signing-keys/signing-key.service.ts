import type { KeyObject } from 'node:crypto';
import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { JSONWebKeySet } from 'jose';
import type { ChangedBy } from '../audit/change.js';
import { SallyportError } from '../errors.js';
import { openPrivateKey } from '../key-rotation/issue-key.js';
import { KeySchedule } from '../key-rotation/key-schedule.js';
import { inState } from '../key-rotation/rotation-schedule.js';
import { isPromise, type MaybePromise } from '../maybe-promise.js';
import { Sealer } from '../sealing/sealer.js';
import { CurrentSigningKeys } from './current-signing-keys.js';
import { jwksOf, publishedKey } from './jwks.js';
import { OpenedSigningKeys, type SigningKeyMaterial } from './opened-signing-keys.js';
import { PublishedKeys, type PublishedKey } from './published-keys.js';
import { RotateSigningKeys } from './rotate-signing-keys.js';
import { SIGNING_KEY_KIND } from './signing-key-kind.js';
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
  private readonly schedule: KeySchedule;
  private opened: ActiveSigningKey | undefined;
  private readonly openedKeys: OpenedSigningKeys;
  private readonly published = new WeakMap<readonly SigningKey[], readonly PublishedKey[]>();

  constructor(
    private readonly current: CurrentSigningKeys,
    private readonly rotation: RotateSigningKeys,
    private readonly sealer: Sealer,
    @Inject(SIGNING_KEY_OPTIONS) { checkEverySeconds }: ResolvedSigningKeyOptions,
  ) {
    super();
    this.schedule = new KeySchedule(rotation, current, { name: 'SigningKeys', checkEverySeconds });
    this.openedKeys = new OpenedSigningKeys(sealer);
  }

  onApplicationBootstrap(): Promise<void> {
    return this.schedule.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.schedule.stop();
  }

  /** Does what the schedule says is due. Concurrent calls share one run. */
  tick(): Promise<void> {
    return this.schedule.tick();
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
    await this.schedule.tryTick();
    return revoked;
  }

  /** The key to sign with now. Ask each time: it changes. */
  async activeKey(): Promise<ActiveSigningKey> {
    const { active } = await this.signable();
    if (this.opened?.kid !== active.kid) {
      const { kid, algorithm } = active;
      this.opened = {
        kid,
        algorithm,
        privateKey: openPrivateKey(SIGNING_KEY_KIND, active, this.sealer),
      };
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
}
