import { describeRotatedKeyStore } from '../key-rotation/rotated-key.store.contract.js';
import type { Transactions } from '../transactions/transaction.js';
import type { SigningKeyStore } from './signing-key.store.js';

interface Opened {
  readonly transactions: Transactions;
  readonly signingKeys: SigningKeyStore;
  close(): Promise<void>;
}

/** What every SigningKeyStore must do. */
export function describeSigningKeyStore(open: () => Promise<Opened>): void {
  describeRotatedKeyStore(async () => {
    const stores = await open();
    return { ...stores, keys: stores.signingKeys };
  }, 'ES256');
}
