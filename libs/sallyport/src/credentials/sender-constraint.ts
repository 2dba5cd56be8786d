import type { Client } from '../clients/client.js';
import { SallyportError } from '../errors.js';
import type { Confirmation } from '../principals/caller.js';
import type { Verified } from './verified.js';

/** As `assertTokenConstrained`, of what came with one request. What is no token, an API key perhaps, need not be bound. */
export function assertConstrained(client: Client, verified: readonly Verified[]): void {
  for (const { credential, confirmation } of verified) {
    if (credential.kind === 'access-token') assertTokenConstrained(client, confirmation);
  }
}

/**
 * Refuses an access token that is not bound to what its client's tokens must be bound to (RFC 9449 §5.2, RFC 8705 §3.4)
 * with ERR_SENDER_CONSTRAINT_REQUIRED.
 */
export function assertTokenConstrained(client: Client, confirmation: Confirmation | null): void {
  const { clientId, dpopBoundAccessTokens, tlsClientCertificateBoundAccessTokens } = client;
  if (!dpopBoundAccessTokens && !tlsClientCertificateBoundAccessTokens) return;
  const { jkt, 'x5t#S256': certificate } = confirmation ?? {};
  if (dpopBoundAccessTokens && jkt === undefined) throw unconstrained(clientId, 'a DPoP key');
  if (tlsClientCertificateBoundAccessTokens && certificate === undefined) {
    throw unconstrained(clientId, 'its certificate');
  }
}

const unconstrained = (clientId: string, to: string) =>
  new SallyportError('ERR_SENDER_CONSTRAINT_REQUIRED', {
    reason: `client ${clientId} must bind its access tokens to ${to}`,
    clientId,
  });
