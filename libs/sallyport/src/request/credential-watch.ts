import type { SallyportError } from '../errors.js';
import type { AdapterRequest } from './adapter-request.js';

/** Port: who is told that credentials were refused, and says who may present more. */
export abstract class CredentialWatch {
  /**
   * Throws ERR_RATE_LIMITED for a sender that has used up its failures, before anything is verified for it. Guards have
   * asked already; this is for what comes without them: a socket.
   */
  abstract assertMayTry(request: AdapterRequest): void;

  /**
   * A request came with credentials that were not accepted. Told of every refusal, so it answers at once and never throws. The refusal names a client only where they were truly that
   * client's (expired, revoked, from the wrong address): what a stranger merely claims must not count against anyone.
   */
  abstract failed(request: AdapterRequest, refusal: SallyportError): void;
}
