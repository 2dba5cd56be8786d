import type { Client } from '../clients/client.js';
import type { Caller, Claims, Confirmation, VerifiedCredential } from '../principals/caller.js';
import type { RevocationCheck } from '../revocation/check/revocation-check.js';
import type { UserId } from '../users/user.js';

/** What one credential says by itself. */
export interface Statement {
  readonly credential: VerifiedCredential;
  readonly clientId: string;
  readonly user: UserId | null;
  readonly authenticatedAt: Date | null;
  /** Null: not by itself. */
  readonly expiresAt: Date | null;
  readonly sessionId: string | null;
  /** Null: it does not say, and the role grants we keep decide. */
  readonly roles: readonly string[] | null;
  readonly claims: Claims;
  readonly confirmation: Confirmation | null;
}

/** One credential of a request, verified by itself: what it says, what can revoke it, and who it was let in as. */
export class Verified implements Statement {
  // What every request asks comes first: where thousands of callers take turns, it waits for each line of memory.
  /** Who it was let in as when it came by itself: what was worked out then holds until something is told. */
  caller: Caller | null = null;
  client: Client | null = null;
  /** How many changes had been told by then. */
  changes = -1;
  /** In milliseconds since whoever admits began: after it everything is looked at again, told or not. */
  until = 0;
  readonly confirmation: Confirmation | null;
  /** Null for any other credential. */
  readonly apiKeyId: string | null;

  readonly credential: VerifiedCredential;
  readonly clientId: string;
  readonly user: UserId | null;
  readonly authenticatedAt: Date | null;
  readonly expiresAt: Date | null;
  readonly sessionId: string | null;
  readonly roles: readonly string[] | null;
  readonly claims: Claims;
  readonly revocation: RevocationCheck;

  constructor(said: Statement, revocation: RevocationCheck) {
    this.revocation = revocation;
    this.apiKeyId = said.credential.kind === 'api-key' ? said.credential.id : null;
    this.credential = said.credential;
    this.clientId = said.clientId;
    this.user = said.user;
    this.authenticatedAt = said.authenticatedAt;
    this.expiresAt = said.expiresAt;
    this.sessionId = said.sessionId;
    this.roles = said.roles;
    this.claims = said.claims;
    this.confirmation = said.confirmation;
  }
}
