import { Inject, Injectable } from '@nestjs/common';
import { ChangeStore } from '../audit/change.store.js';
import type { ChangedBy } from '../audit/change.js';
import { Clock } from '../clock.js';
import { RotateKeys } from '../key-rotation/rotate-keys.js';
import { Randomness } from '../randomness.js';
import { Sealer } from '../sealing/sealer.js';
import { Transactions, type Transaction } from '../transactions/transaction.js';
import { ENCRYPTION_KEY_KIND } from './encryption-key-kind.js';
import {
  ENCRYPTION_KEY_OPTIONS,
  type ResolvedEncryptionKeyOptions,
} from './encryption-key.options.js';
import { EncryptionKeyStore } from './encryption-key.store.js';
import type { EncryptionAlgorithm } from './encryption-key.js';

@Injectable()
export class RotateEncryptionKeys extends RotateKeys<EncryptionAlgorithm> {
  constructor(
    store: EncryptionKeyStore,
    transactions: Transactions,
    changes: ChangeStore,
    sealer: Sealer,
    clock: Clock,
    randomness: Randomness,
    @Inject(ENCRYPTION_KEY_OPTIONS) { rotation }: ResolvedEncryptionKeyOptions,
  ) {
    const kind = ENCRYPTION_KEY_KIND;
    const options = { ...rotation, algorithm: 'ECDH-ES' as const };
    super({ kind, options, store, transactions, changes, sealer, clock, randomness });
  }

  /** What was encrypted to it is read no more: nothing else has to be told. */
  protected override endWith(kid: string, by: ChangedBy, transaction: Transaction): Promise<void> {
    return this.record('revoked', kid, by, transaction, {});
  }
}
