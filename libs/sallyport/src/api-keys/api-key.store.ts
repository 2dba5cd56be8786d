import type { PageRequest } from '../page.js';
import type { Transaction } from '../transactions/transaction.js';
import type { ApiKey, ApiKeyChanges, ApiKeyUse } from './api-key.js';

/**
 * Port: where API keys are kept. The class is both the type and the injection token. Every adapter
 * passes `api-key.store.contract.ts`; a behaviour not covered there may not be relied on.
 */
export abstract class ApiKeyStore {
  /** False when the id, or a foreign key's hash, is taken. */
  abstract insert(key: ApiKey, transaction: Transaction): Promise<boolean>;

  /** As committed, or as `transaction` would leave it. */
  abstract find(id: string, transaction?: Transaction): Promise<ApiKey | null>;

  /** Finds an imported key by the hash of its whole text. */
  abstract findForeign(secretHash: string): Promise<ApiKey | null>;

  /** Newest first; `after` is a key id of the same client. */
  abstract listByClient(clientId: string, page: PageRequest): Promise<readonly ApiKey[]>;

  /** Changes a key that is not revoked; false when there is none such. */
  abstract update(id: string, changes: ApiKeyChanges, transaction: Transaction): Promise<boolean>;

  /**
   * Marks the key as replaced, and ends it at `endsAt` unless it ends sooner. Atomic: reports
   * whether this call did it; a key that is revoked, expired at `at` or already replaced is left alone.
   */
  abstract supersede(
    id: string,
    by: { readonly replacedBy: string; readonly at: Date; readonly endsAt: Date },
    transaction: Transaction,
  ): Promise<boolean>;

  /** Reports whether this call revoked it. Atomic: of two at once, one gets true. */
  abstract revoke(id: string, at: Date, transaction: Transaction): Promise<boolean>;

  /** Adds counts and moves `lastUsedAt` forward, never back. Unknown ids are skipped. */
  abstract recordUses(uses: readonly ApiKeyUse[], transaction: Transaction): Promise<void>;

  /** Deletes keys that ended before `before`; returns how many. */
  abstract prune(before: Date): Promise<number>;
}
