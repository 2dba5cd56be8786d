import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { JWK } from 'jose';
import type { ChangedBy } from '../audit/change.js';
import type { DecryptionKey } from '../encryption/compact-jwe.js';
import { DecryptionKeys } from '../encryption/decryption-keys.js';
import { SallyportError } from '../errors.js';
import { openPrivateKey } from '../key-rotation/issue-key.js';
import { KeySchedule } from '../key-rotation/key-schedule.js';
import { publicJwkOf } from '../key-rotation/public-jwk.js';
import { inState } from '../key-rotation/rotation-schedule.js';
import { isPromise, type MaybePromise } from '../maybe-promise.js';
import { Sealer } from '../sealing/sealer.js';
import { CurrentEncryptionKeys } from './current-encryption-keys.js';
import { ENCRYPTION_KEY_KIND } from './encryption-key-kind.js';
import {
  ENCRYPTION_KEY_OPTIONS,
  type ResolvedEncryptionKeyOptions,
} from './encryption-key.options.js';
import type { EncryptionKey } from './encryption-key.js';
import { RotateEncryptionKeys } from './rotate-encryption-keys.js';

/** Our own keys that others encrypt to: next, active, retiring, retired, on a schedule. None where no option asks for them. */
@Injectable()
export class EncryptionKeyService
  extends DecryptionKeys
  implements OnApplicationBootstrap, BeforeApplicationShutdown
{
  private readonly isOn: boolean;
  private readonly schedule: KeySchedule;
  private openedFrom: readonly EncryptionKey[] = [];
  private readonly opened = new Map<string, DecryptionKey>();
  private published: JWK | null = null;

  constructor(
    private readonly keys: CurrentEncryptionKeys,
    private readonly rotation: RotateEncryptionKeys,
    private readonly sealer: Sealer,
    @Inject(ENCRYPTION_KEY_OPTIONS) options: ResolvedEncryptionKeyOptions,
  ) {
    super();
    this.isOn = options.keys === 'own';
    const { checkEverySeconds } = options.rotation;
    this.schedule = new KeySchedule(rotation, keys, { name: 'EncryptionKeys', checkEverySeconds });
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.isOn) await this.schedule.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.schedule.stop();
  }

  /** Does what the schedule says is due. Concurrent calls share one run. */
  async tick(): Promise<void> {
    if (this.isOn) await this.schedule.tick();
  }

  /** The next key is published from now on. False when someone else rotated at the same moment, or there are none. */
  async rotateNow(by: ChangedBy): Promise<boolean> {
    if (!this.isOn) return false;
    const isRotated = await this.rotation.rotateNow(by);
    this.keys.forget();
    return isRotated;
  }

  /**
   * Ends a leaked key: what was encrypted to it is read no more, on any instance, a second later. False when no
   * such key was in use.
   */
  async revoke(kid: string, by: ChangedBy): Promise<boolean> {
    if (!this.isOn) return false;
    const isRevoked = await this.rotation.revoke(kid, by);
    // The key is ended, whatever becomes of the schedule.
    await this.schedule.tryTick();
    return isRevoked;
  }

  /** The next key too: another instance may have begun to use it within the last half second. */
  find(kid: string): MaybePromise<DecryptionKey | null> {
    if (!this.isOn) return null;
    const keys = this.keys.listWith(kid);
    return isPromise(keys) ? keys.then((list) => this.open(kid, list)) : this.open(kid, keys);
  }

  current(): MaybePromise<JWK | null> {
    if (!this.isOn) return null;
    const keys = this.keys.list();
    const active = isPromise(keys) ? undefined : inState(keys, 'active');
    return active === undefined ? this.publishAnew() : this.publish(active);
  }

  /** Makes the first key on the spot if there is none. */
  private async publishAnew(): Promise<JWK> {
    let keys = await this.keys.list();
    if (inState(keys, 'active') === undefined) {
      await this.tick();
      keys = await this.keys.list();
    }
    const active = inState(keys, 'active');
    if (active !== undefined) return this.publish(active);
    throw new SallyportError('ERR_KEYS_UNAVAILABLE', {
      reason: 'no encryption key is active',
      retryAfterSeconds: 1,
    });
  }

  private publish(key: EncryptionKey): JWK {
    if (this.published?.kid !== key.kid) this.published = publicJwkOf(ENCRYPTION_KEY_KIND, key);
    return this.published;
  }

  /** Each is unsealed once, and forgotten when it is no longer current. */
  private open(kid: string, list: readonly EncryptionKey[]): DecryptionKey | null {
    const record = list.find((key) => key.kid === kid);
    if (list !== this.openedFrom) {
      const current = new Set(list.map((key) => key.kid));
      for (const known of this.opened.keys()) if (!current.has(known)) this.opened.delete(known);
      this.openedFrom = list;
    }
    if (record === undefined) return null;
    const known = this.opened.get(kid);
    if (known !== undefined) return known;
    const key = openPrivateKey(ENCRYPTION_KEY_KIND, record, this.sealer);
    const opened = Object.freeze({ algorithm: record.algorithm, key });
    this.opened.set(kid, opened);
    return opened;
  }
}
