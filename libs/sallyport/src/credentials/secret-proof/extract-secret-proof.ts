import { SallyportError } from '../../errors.js';
import type { AdapterRequest } from '../../request/adapter-request.js';
import { singleHeader } from '../../request/header.js';
import { extractCredentials } from '../extract-credentials.js';

/** What was presented, and for which token. Not yet believed. */
export interface SecretProof {
  /** Id of the API key whose signing secret it is by. */
  readonly keyid: string;
  /** 64 hex digits. */
  readonly proof: string;
  readonly token: string;
}

const HEADER = 'x-app-secret-proof';
const VALUE = /^([0-9A-Za-z]{16})\.([0-9a-f]{64})$/;

/** Throws ERR_SIGNATURE_REQUIRED without proof or token, ERR_SIGNATURE_MALFORMED for what is none. */
export function extractSecretProof(request: AdapterRequest): SecretProof {
  const value = singleHeader(request, HEADER);
  const token = extractCredentials(request, { basic: true }).find(
    (one) => one.kind === 'access-token' || one.kind === 'dpop-access-token',
  );
  if (value === null || token === undefined) {
    throw new SallyportError('ERR_SIGNATURE_REQUIRED', {
      reason: 'no access token with a proof',
      detail: 'Send X-App-Secret-Proof: the HMAC-SHA256 of the access token.',
    });
  }
  const [, keyid, proof] = VALUE.exec(value) ?? [];
  if (keyid === undefined || proof === undefined) {
    throw new SallyportError('ERR_SIGNATURE_MALFORMED', {
      reason: `${HEADER} is no proof`,
      detail: 'X-App-Secret-Proof is an API key id, a dot and 64 hex digits.',
    });
  }
  return { keyid, proof, token: token.text };
}
