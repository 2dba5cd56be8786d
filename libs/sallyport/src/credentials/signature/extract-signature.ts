import { SallyportError } from '../../errors.js';
import { rawRequest, type AdapterRequest } from '../../request/adapter-request.js';
import { ReceivedBody } from '../../request/received-body.js';
import { fieldValue, type RequestMessage } from '../../signatures/http-message.js';
import { announcesBody, type SignatureDemand } from '../../signatures/signature-demand.js';
import type { PresentedSignature } from '../../signatures/presented-signature.js';
import { readSignatures } from '../../signatures/signature-input.js';

/** A signature and the request that it is to be of. Not yet believed. */
export interface SignatureCredential {
  readonly kind: 'signature';
  readonly presented: PresentedSignature;
  readonly message: RequestMessage;
  /** Null where no body came, or none that was kept. */
  readonly body: ReceivedBody | null;
  readonly hasBody: boolean;
  readonly demand: SignatureDemand;
}

/**
 * Reads the signature of a request (RFC 9421 §4) without believing it: the one with the demanded `tag`, or the only
 * one. Null when there is none. Throws ERR_SIGNATURE_MALFORMED for what cannot be read, and for several.
 */
export function extractSignature(
  request: AdapterRequest,
  message: RequestMessage,
  demand: SignatureDemand,
): SignatureCredential | null {
  const input = fieldValue(message.fields, 'signature-input');
  const signature = fieldValue(message.fields, 'signature');
  if (input === null && signature === null) return null;
  if (input === null || signature === null) {
    throw malformed('Signature-Input and Signature go together');
  }
  const all = readSignatures(input, signature);
  const ours = all.filter(({ parameters }) => demand.tag === null || parameters.tag === demand.tag);
  const [presented, another] = ours;
  // A proxy may have added one of its own: which of two is the sender's is not for us to guess.
  if (another !== undefined) throw malformed('several signatures that could be meant');
  if (presented === undefined) return null;
  const body = ReceivedBody.of(rawRequest(request));
  return { kind: 'signature', presented, message, body, hasBody: announcesBody(message), demand };
}

const malformed = (reason: string) =>
  new SallyportError('ERR_SIGNATURE_MALFORMED', {
    reason,
    detail: 'Send one signature, in Signature-Input and Signature.',
  });
