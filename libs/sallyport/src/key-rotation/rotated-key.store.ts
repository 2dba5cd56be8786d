import type { Transaction } from '../transactions/transaction.js';
import type { KeyState, RotatedKey } from './rotated-key.js';

/** Port. At most one key is `next` and at most one is `active`, whoever writes at the same time. */
export abstract class RotatedKeyStore<Key extends RotatedKey> {
  /** False when another key already is in that state (`next`, `active`). */
  abstract insert(key: Key, transaction: Transaction): Promise<boolean>;

  /** All keys that are neither retired nor revoked, oldest first. */
  abstract listCurrent(): Promise<readonly Key[]>;

  /** Moves a key from one state to the next. Atomic: reports whether this call did it. */
  abstract move(
    kid: string,
    from: KeyState,
    to: KeyState,
    at: Date,
    transaction: Transaction,
  ): Promise<boolean>;
}
