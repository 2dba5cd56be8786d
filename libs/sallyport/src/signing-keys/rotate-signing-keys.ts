import { Inject, Injectable } from '@nestjs/common';
import { ChangeStore } from '../audit/change.store.js';
import type { ChangedBy } from '../audit/change.js';
import { Clock } from '../clock.js';
import { RotateKeys } from '../key-rotation/rotate-keys.js';
import { Randomness } from '../randomness.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { Sealer } from '../sealing/sealer.js';
import { Transactions, type Transaction } from '../transactions/transaction.js';
import { SIGNING_KEY_KIND } from './signing-key-kind.js';
import { SIGNING_KEY_OPTIONS, type ResolvedSigningKeyOptions } from './signing-key.options.js';
import { SigningKeyStore } from './signing-key.store.js';
import type { SigningAlgorithm } from './signing-key.js';

@Injectable()
export class RotateSigningKeys extends RotateKeys<SigningAlgorithm> {
  private readonly issuer: string;

  constructor(
    store: SigningKeyStore,
    transactions: Transactions,
    changes: ChangeStore,
    private readonly revocations: RevocationService,
    sealer: Sealer,
    clock: Clock,
    randomness: Randomness,
    @Inject(SIGNING_KEY_OPTIONS) options: ResolvedSigningKeyOptions,
  ) {
    const kind = SIGNING_KEY_KIND;
    super({ kind, options, store, transactions, changes, sealer, clock, randomness });
    this.issuer = options.issuer;
  }

  /** Ends a key, and with it every token it signed. */
  override async revoke(kid: string, by: ChangedBy): Promise<boolean> {
    const isRevoked = await super.revoke(kid, by);
    if (isRevoked) await this.revocations.publish();
    return isRevoked;
  }

  protected override endWith(kid: string, by: ChangedBy, transaction: Transaction): Promise<void> {
    const { issuer } = this;
    return this.revocations.revoke({ kind: 'signing-key', issuer, kid }, by, transaction);
  }
}
