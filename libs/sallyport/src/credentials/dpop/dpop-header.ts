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

/**
 * Refuses a proof that comes without a token under the scheme DPoP. The RFC gives it no meaning there, and whoever sent it
 * believes that it protects something: taken as a bearer token, the token would be accepted with a proof that nobody read.
 */
export function refuseStrayProof(request: AdapterRequest): void {
  if (singleHeader(request, 'dpop') === null) return;
  throw new SallyportError('ERR_DPOP_PROOF_INVALID', {
    reason: 'a DPoP header without an access token under the scheme DPoP',
    detail:
      'Send the DPoP header beside "Authorization: DPoP <access token>" alone, with a token that is bound to its key.',
  });
}
