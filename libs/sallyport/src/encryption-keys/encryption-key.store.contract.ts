import { describeRotatedKeyStore } from '../key-rotation/rotated-key.store.contract.js';
import type { Transactions } from '../transactions/transaction.js';
import type { EncryptionKeyStore } from './encryption-key.store.js';

interface Opened {
  readonly transactions: Transactions;
  readonly encryptionKeys: EncryptionKeyStore;
  close(): Promise<void>;
}

/** What every EncryptionKeyStore must do. */
export function describeEncryptionKeyStore(open: () => Promise<Opened>): void {
  describeRotatedKeyStore(async () => {
    const stores = await open();
    return { ...stores, keys: stores.encryptionKeys };
  }, 'ECDH-ES');
}
