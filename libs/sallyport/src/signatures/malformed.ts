import { SallyportError } from '../errors.js';

/** For what cannot be read. The reason never quotes: it would carry what the sender wrote into the log. */
export const malformed = (reason: string): SallyportError =>
  new SallyportError('ERR_SIGNATURE_MALFORMED', { reason });
