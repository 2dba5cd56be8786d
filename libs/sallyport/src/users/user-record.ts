import type { ChangedRecord } from '../revocation/revocation.js';
import type { UserId } from './user.js';

/**
 * By what a user is remembered: no two users have the same. Asked at every request, spelt out once: a user is one
 * object as long as their credential is known.
 */
export function userRecordId(user: UserId): string {
  const known = ids.get(user);
  if (known !== undefined) return known;
  const id = `${user.issuer.length} ${user.issuer}${user.subject}`;
  ids.set(user, id);
  return id;
}

const ids = new WeakMap<UserId, string>();

export function userOf(id: string): UserId {
  const start = id.indexOf(' ') + 1;
  const end = start + Number(id.slice(0, start));
  return { issuer: id.slice(start, end), subject: id.slice(end) };
}

/** What is told of a user's roles and state. */
export const userRecord = (id: string): ChangedRecord => ({ kind: 'user-record', ...userOf(id) });
