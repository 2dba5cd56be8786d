import { hash, type X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost, type AbstractHttpAdapter } from '@nestjs/core';
import { Clock } from '../../clock.js';
import { rawRequest, type AdapterRequest } from '../../request/adapter-request.js';
import { RequestOrigin } from '../../request/request-origin.js';
import { isValidAt, isVouchedForBy } from './certificate-chain.js';
import { clientCertHeaders } from './client-cert-headers.js';
import { MTLS_OPTIONS, type ResolvedMtlsOptions } from './mtls.options.js';
import { tlsEndOf, type TlsEnd } from './tls-end.js';

/** The certificate with whose key the sender spoke TLS. */
export interface ClientCertificate {
  readonly x509: X509Certificate;
  /** Whether authorities that we chose vouch for it: verified by us, or by a proxy that is said to do so. */
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
    private readonly clock: Clock,
    private readonly host: HttpAdapterHost,
    @Inject(MTLS_OPTIONS) private readonly options: ResolvedMtlsOptions,
  ) {}

  /**
   * Null without one that is valid now: its issuer said until when it may be used, and whoever ends TLS may let it
   * through all the same. Throws ERR_CREDENTIAL_MALFORMED or ERR_CREDENTIAL_REPEATED for what a proxy wrote.
   */
  of(request: AdapterRequest): ClientCertificate | null {
    if (!this.options.isOn) return null;
    const certificate = this.origin.isFromTrustedProxy(request)
      ? // Its own certificate, if it shows one to us, is not its client's.
        this.toldBy(request)
      : this.shownBy(request);
    return certificate !== null && isValidAt(certificate.x509, this.clock.now())
      ? certificate
      : null;
  }

  /** `x5t#S256` (RFC 8705 §3.1): base64url of the SHA-256 of the DER. Null without a certificate that is valid now. */
  thumbprintOf(request: AdapterRequest): string | null {
    const certificate = this.of(request);
    return certificate === null ? null : thumbprint(certificate.x509);
  }

  /** Whether any can come to us at all: from a proxy, or by our own TLS. To be asked when the app has its server. */
  get canCome(): boolean {
    return this.origin.hasTrustedProxies || this.end?.asksForCertificates === true;
  }

  /** Whether any can come for which nobody vouches but a client's registration (RFC 8705 §2.2). */
  get canComeUnverified(): boolean {
    const { asksForCertificates = false, takesUnverified = false } = this.end ?? {};
    return this.origin.hasTrustedProxies || (asksForCertificates && takesUnverified);
  }

  /** Whether any can be believed for the word of an authority (RFC 8705 §2.1). */
  get canComeVerified(): boolean {
    const { asksForCertificates = false, hasAuthorities = false } = this.end ?? {};
    const byProxy = this.origin.hasTrustedProxies && this.options.proxyVerifies;
    return byProxy || (asksForCertificates && hasAuthorities);
  }

  private toldBy(request: AdapterRequest): ClientCertificate | null {
    const told = clientCertHeaders(request);
    if (told === null) return null;
    const { proxyVerifies, proxyAuthorities } = this.options;
    const { clock } = this;
    return {
      x509: told.x509,
      get isVerified() {
        if (!proxyVerifies || proxyAuthorities === null) return proxyVerifies;
        return isVouchedForBy(proxyAuthorities, told.x509, told.chain, clock.now());
      },
    };
  }

  private shownBy(request: AdapterRequest): ClientCertificate | null {
    const { socket } = rawRequest(request);
    if (!(socket instanceof TLSSocket)) return null;
    const x509 = socket.getPeerX509Certificate();
    if (x509 === undefined) return null;
    return { x509, isVerified: socket.authorized && this.end?.hasAuthorities !== false };
  }

  /** Null also where the host has a server of its own, of which we know nothing. */
  private get end(): TlsEnd | null {
    // In a job there is none.
    const adapter = this.host.httpAdapter as AbstractHttpAdapter | undefined;
    return tlsEndOf(adapter?.getHttpServer());
  }
}

export const thumbprint = ({ raw }: X509Certificate): string => hash('sha256', raw, 'base64url');
