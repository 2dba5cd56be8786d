import { SallyportError } from '../../errors.js';
import type { AdapterRequest } from '../../request/adapter-request.js';
import { singleHeader } from '../../request/header.js';

/**
 * The proof of a request, not yet read (RFC 9449 §4.1). Throws ERR_DPOP_PROOF_INVALID without one, and
 * ERR_CREDENTIAL_REPEATED for several: "There is not more than one DPoP HTTP request header field" (§4.3).
 */
export function dpopHeader(request: AdapterRequest): string {
  const proof = singleHeader(request, 'dpop');
  if (proof !== null && proof !== '') return proof;
  throw new SallyportError('ERR_DPOP_PROOF_INVALID', {
    reason: proof === null ? 'no DPoP header' : 'an empty DPoP header',
    detail: 'Send a proof of the key that the access token is bound to in the DPoP header.',
  });
}
