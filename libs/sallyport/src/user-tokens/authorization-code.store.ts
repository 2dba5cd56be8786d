import type { Transaction } from '../transactions/transaction.js';
import type { AuthorizationCode } from './authorization-code.js';

/** Port: authorization codes, each spent once. */
export abstract class AuthorizationCodeStore {
  abstract insert(code: AuthorizationCode, transaction: Transaction): Promise<void>;

  /** Expired and consumed ones too. */
  abstract find(codeHash: string): Promise<AuthorizationCode | null>;

  /**
   * Reports whether this call consumed it: atomic, of any number at once one gets true. Whoever comes while another
   * transaction has consumed it waits for that one to end.
   */
  abstract consume(codeHash: string, at: Date, transaction: Transaction): Promise<boolean>;
}
