import type { LimitSubject } from '../limit-policy.js';
import type { Subject } from './subject.js';

/** Where a limit of a route is counted: `policy` is its name. */
export function countedBy(
  by: LimitSubject,
  subject: Subject,
  policy: string,
): { readonly group: string; readonly tracker: string } {
  const { group, user, keyId, narrowest } = subject;
  const name = user === null ? narrowest : JSON.stringify(['user', user.issuer, user.subject]);
  switch (by) {
    case 'everyone':
      return { group: `everyone ${policy}`, tracker: 'all' };
    case 'address':
      return { group: `address ${subject.address ?? ''}`, tracker: 'address' };
    case 'client':
      return { group, tracker: 'client' };
    case 'api-key':
      return { group, tracker: keyId === null ? narrowest : JSON.stringify(['api-key', keyId]) };
    case 'user-everywhere':
      return user === null
        ? { group, tracker: narrowest }
        : { group: `user ${name}`, tracker: name };
    case 'user':
    case 'caller':
      return { group, tracker: narrowest };
  }
}
