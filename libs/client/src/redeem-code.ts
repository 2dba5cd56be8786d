import type { TokenClient } from './authenticate.js';
import { partsOf, type Runtime } from './parts.js';
import { TokenEndpoint } from './token-endpoint.js';
import type { StoredTokens } from './token-storage.js';

/** What a login brought: the code, and what its request was made with. */
export interface AuthorizationCode {
  readonly code: string;
  /** RFC 7636 §4.1. */
  readonly codeVerifier: string;
  readonly redirectUri: string;
}

/**
 * Tokens for a code (RFC 6749 §4.1.3), bound to a new key (RFC 9449) that nobody can read: to be stored. Whether the code answers
 * this login (`state`, `iss`) is for the caller to check. Rejects with a ProblemError for a refusal, with ERR_TOKEN_RESPONSE for a
 * token that is not bound.
 */
export async function redeemCode(
  client: TokenClient,
  { code, codeVerifier, redirectUri }: AuthorizationCode,
  runtime: Runtime = {},
): Promise<StoredTokens> {
  const parts = partsOf(runtime);
  const grant = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: codeVerifier,
  };
  return new TokenEndpoint(client, parts).ask(grant, await parts.crypto.generateKeyPair());
}
