import { X509Certificate } from 'node:crypto';
import { SallyportError } from '../../errors.js';
import { rawRequest, type AdapterRequest } from '../../request/adapter-request.js';
import { singleHeader } from '../../request/header.js';

/** RFC 8941 §3.3.5: a byte sequence, and nothing beside it. */
const BYTE_SEQUENCE = /^:([A-Za-z0-9+/]*={0,2}):$/;
const MAX_LENGTH = 12_288;
const MAX_CHAIN_LENGTH = 32_768;
const MAX_CHAIN = 8;

/** What a proxy tells of the certificates that it was shown. */
export interface ToldCertificates {
  readonly x509: X509Certificate;
  /** Each certifies the one before it, the first the client's; the last may be left out (RFC 9440 §2.3). */
  readonly chain: readonly X509Certificate[];
}

/**
 * The certificates in `Client-Cert` and `Client-Cert-Chain` (RFC 9440 §2.2, §2.3); null without any. Only of a request
 * that came from a trusted proxy: anyone can write them. Throws ERR_CREDENTIAL_MALFORMED, ERR_CREDENTIAL_REPEATED.
 */
export function clientCertHeaders(request: AdapterRequest): ToldCertificates | null {
  const own = singleHeader(request, 'client-cert');
  const chain = chainIn(request);
  if (own === null && chain === '') return null;
  // RFC 9440 §2.3: the chain "MUST NOT" come without the certificate that it is of.
  if (own === null) throw malformed('Client-Cert-Chain without Client-Cert');
  if (own.length > MAX_LENGTH) throw malformed('Client-Cert is too long');
  return { x509: certificateIn(own, 'Client-Cert'), chain: chainOf(chain) };
}

/** All lines of it: a list may stand in several. */
const chainIn = (request: AdapterRequest): string =>
  [rawRequest(request).headers['client-cert-chain'] ?? []].flat().join(',');

function chainOf(text: string): readonly X509Certificate[] {
  if (text === '') return [];
  const members = text.length > MAX_CHAIN_LENGTH ? [] : text.split(',', MAX_CHAIN + 1);
  if (members.length === 0 || members.length > MAX_CHAIN) {
    throw malformed('Client-Cert-Chain is too long');
  }
  return members.map((member) => certificateIn(member, 'Client-Cert-Chain'));
}

function certificateIn(member: string, field: string): X509Certificate {
  const base64 = BYTE_SEQUENCE.exec(member.trim())?.[1];
  const der = Buffer.from(base64 ?? '', 'base64');
  if (der.length > 0 && der.toString('base64') === base64) {
    try {
      const x509 = new X509Certificate(der);
      // Nothing may follow it: the thumbprint is of the certificate alone.
      if (x509.raw.equals(der)) return x509;
    } catch {
      // as below
    }
  }
  throw malformed(`${field} is no byte sequence of a certificate`);
}

const malformed = (reason: string) => new SallyportError('ERR_CREDENTIAL_MALFORMED', { reason });
