import { SallyportError } from '../../errors.js';
import type { AdapterRequest } from '../../request/adapter-request.js';
import { singleHeader } from '../../request/header.js';

/** RFC 8941 §3.3.5: a byte sequence, and nothing beside it. */
const BYTE_SEQUENCE = /^:([A-Za-z0-9+/]*={0,2}):$/;
const MAX_LENGTH = 12_288;

/**
 * The certificate in `Client-Cert` (RFC 9440 §2.2), DER; null without that header. Only of a request that came from a
 * trusted proxy: anyone can write it. Throws ERR_CREDENTIAL_MALFORMED, ERR_CREDENTIAL_REPEATED.
 */
export function clientCertHeader(request: AdapterRequest): Buffer | null {
  const value = singleHeader(request, 'client-cert');
  if (value === null) return null;
  const base64 = value.length > MAX_LENGTH ? undefined : BYTE_SEQUENCE.exec(value.trim())?.[1];
  const bytes = Buffer.from(base64 ?? '', 'base64');
  if (bytes.length === 0 || bytes.toString('base64') !== base64) {
    throw new SallyportError('ERR_CREDENTIAL_MALFORMED', {
      reason: `Client-Cert of ${String(value.length)} characters is no byte sequence`,
    });
  }
  return bytes;
}
