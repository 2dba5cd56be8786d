import type { Client } from '../clients/client.js';
import { SallyportError } from '../errors.js';
import type { Verified } from './verified.js';

/**
 * Refuses access tokens that are bound to nothing of a client whose tokens must be bound (RFC 9449 §5.2, RFC 8705 §3.4)
 * with ERR_SENDER_CONSTRAINT_REQUIRED. What else it sends, an API key perhaps, is no token.
 */
export function assertConstrained(client: Client, verified: readonly Verified[]): void {
  const { clientId, dpopBoundAccessTokens, tlsClientCertificateBoundAccessTokens } = client;
  if (!dpopBoundAccessTokens && !tlsClientCertificateBoundAccessTokens) return;
  for (const { credential, confirmation } of verified) {
    if (credential.kind !== 'access-token') continue;
    const { jkt, 'x5t#S256': certificate } = confirmation ?? {};
    if (dpopBoundAccessTokens && jkt === undefined) throw unconstrained(clientId, 'a DPoP key');
    if (tlsClientCertificateBoundAccessTokens && certificate === undefined) {
      throw unconstrained(clientId, 'its certificate');
    }
  }
}

const unconstrained = (clientId: string, to: string) =>
  new SallyportError('ERR_SENDER_CONSTRAINT_REQUIRED', {
    reason: `client ${clientId} must bind its access tokens to ${to}`,
    clientId,
  });
