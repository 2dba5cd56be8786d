import { SallyportError } from '../errors.js';
import type { RevocationTarget } from './revocation.js';

const MAX_IDENTIFIER_LENGTH = 512;

/** Throws ERR_INPUT_INVALID for what no store could hold. */
export function assertIdentifiers(target: RevocationTarget): void {
  for (const [name, value] of Object.entries(target)) {
    if (typeof value !== 'string' || value === '' || value.length > MAX_IDENTIFIER_LENGTH) {
      throw new SallyportError('ERR_INPUT_INVALID', {
        reason: `${name} of what is to be revoked is empty or too long`,
        detail: `${name} must have 1 to ${MAX_IDENTIFIER_LENGTH.toString()} characters`,
      });
    }
  }
}

/** What the record of changes calls it. */
export function targetId(target: RevocationTarget): string {
  switch (target.kind) {
    case 'token':
      return target.jti;
    case 'session':
      return target.sid;
    case 'grant':
      return target.gid;
    case 'user':
    case 'user-client':
      return target.subject;
    case 'client':
      return target.clientId;
    case 'api-key':
      return target.apiKeyId;
    case 'client-secret':
      return target.id;
    case 'signing-key':
      return target.kid;
    case 'issuer':
      return target.issuer;
  }
}

/** What tells it from another of the same id. */
export function targetDetails(target: RevocationTarget): Record<string, string> {
  return {
    ...('issuer' in target ? { issuer: target.issuer } : {}),
    ...(target.kind === 'user-client' ? { clientId: target.clientId } : {}),
  };
}
