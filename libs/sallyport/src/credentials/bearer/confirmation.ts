import type { SallyportError } from '../../errors.js';
import type { Confirmation } from '../../principals/caller.js';
import { isObject } from '../../strict-json.js';

/** 32 bytes in base64url: what SHA-256 gives. */
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;

/**
 * What a token is bound to (RFC 7800 §3.1): a DPoP key by `jkt` (RFC 9449 §6.1), a certificate by `x5t#S256`
 * (RFC 8705 §3.1), or both. Null for a bearer token. One that is bound in no way that we can check is refused: it is no
 * bearer token either.
 */
export function readConfirmation(
  cnf: unknown,
  refuse: (flaw: string) => SallyportError,
): Confirmation | null {
  if (cnf === undefined) return null;
  if (!isObject(cnf)) throw refuse('has a malformed cnf');
  const { jkt, 'x5t#S256': certificate } = cnf;
  if (jkt === undefined && certificate === undefined) {
    throw refuse('is bound to a key in a way that is not known here');
  }
  for (const thumbprint of [jkt, certificate]) {
    if (thumbprint === undefined) continue;
    if (typeof thumbprint !== 'string' || !THUMBPRINT.test(thumbprint)) {
      throw refuse('has a malformed cnf');
    }
  }
  return cnf;
}
