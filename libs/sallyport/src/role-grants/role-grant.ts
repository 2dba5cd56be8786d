import type { UserId } from '../users/user.js';

/** A role of one user, in one client or in any (`clientId` null). */
export interface RoleGrant {
  /** UUIDv7. */
  readonly id: string;
  readonly user: UserId;
  readonly clientId: string | null;
  readonly role: string;
  readonly grantedAt: Date;
  readonly grantedBy: string;
}
