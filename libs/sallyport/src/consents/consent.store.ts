import type { Transaction } from '../transactions/transaction.js';
import type { UserId } from '../users/user.js';
import type { Consent } from './consent.js';

/** Port: one consent per user and client. */
export abstract class ConsentStore {
  /** Adds to what the user agreed to before; two at once both arrive. */
  abstract add(consent: Consent, transaction: Transaction): Promise<void>;

  abstract find(user: UserId, clientId: string): Promise<Consent | null>;

  /** Of one user, ordered by client id. */
  abstract list(user: UserId): Promise<readonly Consent[]>;

  /** Reports whether this call took it back. Atomic. */
  abstract remove(user: UserId, clientId: string, transaction: Transaction): Promise<boolean>;
}
