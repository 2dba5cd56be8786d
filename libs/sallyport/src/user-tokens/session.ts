import type { Device } from './grant.js';
import type { UserToken } from './user-token.js';

/** One of a user's sessions as they see it: a device that keeps itself signed in to one client. */
export interface Session {
  /** `gid` of its tokens. No bearer value. */
  readonly id: string;
  readonly clientId: string;
  /** `sid` of its tokens. */
  readonly sid: string;
  readonly device: Device;
  /** The login. */
  readonly startedAt: Date;
  /** When it last obtained tokens. */
  readonly lastUsedAt: Date;
  /** Unless it is used before, which may put it off. */
  readonly expiresAt: Date;
}

/** What the head of a family says of it. */
export function sessionOf(head: UserToken): Session {
  const { grantId, clientId, sid, device, startedAt, lastUsedAt, idleEndsAt, endsAt } = head;
  const expiresAt = idleEndsAt < endsAt ? idleEndsAt : endsAt;
  return { id: grantId, clientId, sid, device, startedAt, lastUsedAt, expiresAt };
}
