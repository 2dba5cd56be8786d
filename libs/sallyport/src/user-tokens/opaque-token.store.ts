import type { Transaction } from '../transactions/transaction.js';
import type { OpaqueToken } from './opaque-token.js';

/** Port: access tokens by reference. */
export abstract class OpaqueTokenStore {
  abstract insert(token: OpaqueToken, transaction: Transaction): Promise<void>;

  /** Expired and revoked ones too. */
  abstract findByHash(secretHash: string): Promise<OpaqueToken | null>;

  /** Reports whether this call revoked it. Atomic. */
  abstract revoke(secretHash: string, at: Date, transaction: Transaction): Promise<boolean>;

  /** Deletes up to `limit` that expired before `before`; returns how many. */
  abstract prune(before: Date, limit: number): Promise<number>;
}
