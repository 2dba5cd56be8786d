import { SallyportError } from '../../errors.js';
import { rawRequest, type AdapterRequest } from '../../request/adapter-request.js';
import { singleHeader } from '../../request/header.js';
import { ReceivedBody } from '../../request/received-body.js';
import { AWS4, readAws4, type Aws4Authorization } from '../../signatures/aws4.js';
import type { RequestMessage } from '../../signatures/http-message.js';
import { announcesBody, type SignatureDemand } from '../../signatures/signature-demand.js';
import { refuseStrayProof } from '../dpop/dpop-header.js';

/** A signature as SDKs of AWS make them. Not yet believed. */
export interface Aws4Credential {
  readonly kind: 'aws4';
  readonly authorization: Aws4Authorization;
  readonly message: RequestMessage;
  readonly body: ReceivedBody | null;
  readonly hasBody: boolean;
  readonly demand: SignatureDemand;
}

/**
 * Reads it from `Authorization`; the query parameters of presigned URLs are deliberately not read. Throws
 * ERR_SIGNATURE_REQUIRED where there is none, ERR_CREDENTIAL_REPEATED where an API key was sent beside it,
 * ERR_DPOP_PROOF_INVALID where a DPoP proof was.
 */
export function extractAws4(
  request: AdapterRequest,
  message: RequestMessage,
  demand: SignatureDemand,
): Aws4Credential {
  const value = singleHeader(request, 'authorization');
  if (value?.startsWith(`${AWS4} `) !== true) {
    throw new SallyportError('ERR_SIGNATURE_REQUIRED', {
      reason: 'the request is not signed as AWS does',
      detail: `Sign the request by ${AWS4}, in Authorization.`,
    });
  }
  if (singleHeader(request, 'x-api-key') !== null) {
    throw new SallyportError('ERR_CREDENTIAL_REPEATED', {
      reason: 'an API key beside a signature by one',
      detail: 'Send no key where you sign by it.',
    });
  }
  refuseStrayProof(request);
  return {
    kind: 'aws4',
    authorization: readAws4(value),
    message,
    body: ReceivedBody.of(rawRequest(request)),
    hasBody: announcesBody(message),
    demand,
  };
}
