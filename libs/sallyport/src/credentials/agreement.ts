import { SallyportError } from '../errors.js';
import type { UserId } from '../users/user.js';
import type { Verified } from './verified.js';

/** The one client that all credentials name. Throws ERR_CREDENTIAL_MISSING without any, ERR_CREDENTIAL_MISMATCH when they differ. */
export function agreedClientId(verified: readonly Verified[]): string {
  const [first] = verified;
  if (first === undefined) throw new SallyportError('ERR_CREDENTIAL_MISSING');
  for (const { clientId } of verified) {
    if (clientId !== first.clientId) throw mismatch(first.clientId, clientId);
  }
  return first.clientId;
}

/** The one user that all credentials name which name any; null when none does. */
export function agreedUser(verified: readonly Verified[]): UserId | null {
  let agreed: UserId | null = null;
  for (const { user } of verified) {
    if (user === null) continue;
    agreed ??= user;
    if (user.subject !== agreed.subject || user.issuer !== agreed.issuer) {
      throw mismatch(
        JSON.stringify([agreed.issuer, agreed.subject]),
        JSON.stringify([user.issuer, user.subject]),
      );
    }
  }
  return agreed;
}

const mismatch = (one: string, other: string): SallyportError =>
  new SallyportError('ERR_CREDENTIAL_MISMATCH', {
    reason: `the credentials name different ones: ${one} and ${other}`,
  });
