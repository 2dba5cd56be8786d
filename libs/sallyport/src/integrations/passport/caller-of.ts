import type { Authenticator } from '../../credentials/authenticator.js';
import type { Caller } from '../../principals/caller.js';
import type { AdapterRequest } from '../../request/adapter-request.js';

/** A promise of the caller, whether the authenticator answers, throws or promises. */
export const callerOf = async (
  request: AdapterRequest,
  authenticator: Authenticator,
): Promise<Caller> => authenticator.authenticate(request);
