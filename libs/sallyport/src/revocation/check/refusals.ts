import { SallyportError } from '../../errors.js';
import type { RevocationMark, RevocationTarget } from '../revocation.js';
import { targetId } from '../revocation-target.js';
import {
  clientIdOf,
  isEndedBy,
  roleVersionTargets,
  type RevocationSubject,
} from './revocation-question.js';

export const revoked = (target: RevocationTarget, subject: RevocationSubject): SallyportError =>
  new SallyportError('ERR_CREDENTIAL_REVOKED', {
    reason: `${target.kind} ${targetId(target)} was revoked`,
    clientId: clientIdOf(subject),
  });

/** Why a token is refused whose roles changed since, given the marks of both role versions; null when they did not. */
export function staleRoles(
  subject: RevocationSubject,
  marks: readonly (RevocationMark | null)[],
): SallyportError | null {
  if (!('token' in subject) || subject.token.epochs === null) return null;
  const { user, clientId, issuedAt, epochs } = subject.token;
  const roleVersion = marks.reduce((sum, mark) => sum + (mark?.epoch ?? 0), 0);
  if (roleVersion <= epochs.roleVersion) return null;
  const ended = roleVersionTargets(subject).find((_, index) =>
    isEndedBy(marks[index] ?? null, issuedAt),
  );
  if (ended !== undefined) return revoked(ended, subject);
  return new SallyportError('ERR_CREDENTIAL_STALE', {
    reason: `user ${user?.subject ?? ''} has other roles in client ${clientId} since`,
    clientId,
  });
}
