import { hash, X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import { Inject, Injectable } from '@nestjs/common';
import { SallyportError } from '../../errors.js';
import { rawRequest, type AdapterRequest } from '../../request/adapter-request.js';
import { RequestOrigin } from '../../request/request-origin.js';
import { clientCertHeader } from './client-cert-header.js';
import { MTLS_OPTIONS, type ResolvedMtlsOptions } from './mtls.options.js';

/** The certificate with whose key the sender spoke TLS. */
export interface ClientCertificate {
  readonly x509: X509Certificate;
  /** Whether it was verified against authorities: by us, or by a proxy that is said to do so. */
  readonly isVerified: boolean;
}

/**
 * Certificates of clients (RFC 8705): that of the TLS connection, if it is the sender's, else what a trusted proxy
 * says in `Client-Cert` (RFC 9440). From anyone else that header is nothing.
 */
@Injectable()
export class ClientCertificates {
  constructor(
    private readonly origin: RequestOrigin,
    @Inject(MTLS_OPTIONS) private readonly options: ResolvedMtlsOptions,
  ) {}

  /** Null without one. Throws ERR_CREDENTIAL_MALFORMED or ERR_CREDENTIAL_REPEATED for what a proxy wrote. */
  of(request: AdapterRequest): ClientCertificate | null {
    if (!this.options.isOn) return null;
    const { proxyVerifies } = this.options;
    if (this.origin.isFromTrustedProxy(request)) {
      // Its own certificate, if it shows one to us, is not its client's.
      const der = clientCertHeader(request);
      return der === null ? null : { x509: parse(der), isVerified: proxyVerifies };
    }
    const { socket } = rawRequest(request);
    if (!(socket instanceof TLSSocket)) return null;
    const x509 = socket.getPeerX509Certificate();
    return x509 === undefined ? null : { x509, isVerified: socket.authorized };
  }

  /** `x5t#S256` (RFC 8705 §3.1): base64url of the SHA-256 of the DER. Null without a certificate. */
  thumbprintOf(request: AdapterRequest): string | null {
    const certificate = this.of(request);
    return certificate === null ? null : thumbprint(certificate.x509);
  }
}

export const thumbprint = ({ raw }: X509Certificate): string => hash('sha256', raw, 'base64url');

function parse(der: Buffer): X509Certificate {
  try {
    const x509 = new X509Certificate(der);
    // Nothing may follow it: the thumbprint is of the certificate alone.
    if (x509.raw.equals(der)) return x509;
  } catch {
    // as below
  }
  throw new SallyportError('ERR_CREDENTIAL_MALFORMED', { reason: 'Client-Cert is no certificate' });
}
