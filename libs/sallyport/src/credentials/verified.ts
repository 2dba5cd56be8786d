import type { Claims, Confirmation, VerifiedCredential } from '../principals/caller.js';
import type { RevocationSubject } from '../revocation/revocation-question.js';
import type { UserId } from '../users/user.js';

/** One credential of a request, verified by itself: what it says, and what can revoke it. */
export interface Verified {
  readonly credential: VerifiedCredential;
  readonly clientId: string;
  readonly user: UserId | null;
  readonly authenticatedAt: Date | null;
  readonly sessionId: string | null;
  /** Null: it does not say, and the role grants we keep decide. */
  readonly roles: readonly string[] | null;
  readonly claims: Claims;
  readonly confirmation: Confirmation | null;
  readonly revocable: RevocationSubject;
}
