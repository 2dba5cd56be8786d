import type { PageRequest } from '../page.js';
import type { Transaction } from '../transactions/transaction.js';
import type { Client, ClientSecret } from './client.js';

/** Port: where clients and their secrets are kept. */
export abstract class ClientStore {
  /** False when the client id is taken. */
  abstract insert(client: Client, transaction: Transaction): Promise<boolean>;

  /** As committed, or as `transaction` would leave it. */
  abstract find(clientId: string, transaction?: Transaction): Promise<Client | null>;

  /** Ordered by client id; `after` is a client id. */
  abstract list(page: PageRequest): Promise<readonly Client[]>;

  /** Replaces the record if it still has `client.version - 1`; false when someone else was faster. */
  abstract replace(client: Client, transaction: Transaction): Promise<boolean>;

  abstract insertSecret(secret: ClientSecret, transaction: Transaction): Promise<void>;

  /** Secrets that are neither revoked nor expired at `at`. */
  abstract activeSecrets(clientId: string, at: Date): Promise<readonly ClientSecret[]>;

  /** Ends every secret of the client that would live longer, at `expiresAt`, but for `exceptId`. */
  abstract endSecrets(
    clientId: string,
    exceptId: string,
    expiresAt: Date,
    transaction: Transaction,
  ): Promise<void>;

  /** The client whose secret this call revoked; null when it revoked none. Atomic. */
  abstract revokeSecret(id: string, at: Date, transaction: Transaction): Promise<string | null>;
}
