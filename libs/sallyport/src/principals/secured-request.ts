import type { AdapterRequest } from '../request/adapter-request.js';
import type { Caller } from './caller.js';

/** A request that may know its caller: set by the authentication guard, never read from the wire. */
export type SecuredRequest = AdapterRequest & { caller?: Caller | undefined };
