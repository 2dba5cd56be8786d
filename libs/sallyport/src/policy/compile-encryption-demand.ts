import type { EncryptionDemand } from '../encryption/encryption-demand.js';
import type { SignatureDemand } from '../signatures/signature-demand.js';
import type { EncryptedBodyOptions } from './demands.decorator.js';

/** What of the bodies of a route is encrypted. */
export function compileEncryptionDemand(
  route: string,
  options: EncryptedBodyOptions | null,
  signature: SignatureDemand | null,
  mistakes: string[],
): EncryptionDemand | null {
  if (options === null) return null;
  const { request = true, response = true } = options;
  if (![true, false, 'optional'].includes(request)) {
    mistakes.push(`${route}: request of @EncryptedBody() must be true, false or 'optional'`);
  }
  if (typeof response !== 'boolean') {
    mistakes.push(`${route}: response of @EncryptedBody() must be true or false`);
  }
  if (request === false && !response) {
    mistakes.push(`${route}: @EncryptedBody() that encrypts nothing`);
  }
  // Whoever ends TLS on the way could put the ciphertext on another route, or send it again, or one of its own.
  if (request !== false && signature?.isRequired !== true) {
    mistakes.push(
      `${route}: @EncryptedBody() takes encrypted bodies of signed requests only: add @SignedRequest(), or set request: false`,
    );
  }
  const taken = request === false ? 'refused' : request === true ? 'required' : 'optional';
  return Object.freeze({ request: taken, response });
}
