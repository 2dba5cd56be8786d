/** Mutual TLS (RFC 8705): certificates of clients, from the TLS connection or from a proxy that tells of it. */
export interface MtlsOptions {
  /**
   * Says that the `trustedProxies` verify each client certificate against authorities of your choice before they send
   * `Client-Cert`. Without it, who comes through them cannot sign in by `tlsClientAuth`, which rests on that; tokens
   * bound to a certificate and self-signed ones rest on the certificate itself. @default false
   */
  readonly proxyVerifies?: boolean;
}

export interface ResolvedMtlsOptions {
  /** Whether certificates are read at all. */
  readonly isOn: boolean;
  readonly proxyVerifies: boolean;
}

export const MTLS_OPTIONS = Symbol('MtlsOptions');

export function resolveMtlsOptions(
  options: MtlsOptions | boolean,
  mistakes: string[],
): ResolvedMtlsOptions {
  // `'false'` from an environment variable would be true.
  const isKnown = typeof options === 'boolean' || isObject(options);
  if (!isKnown) mistakes.push('mtls must be true, false or its options');
  const { proxyVerifies = false } = isObject(options) ? options : {};
  if (typeof proxyVerifies !== 'boolean') {
    mistakes.push('mtls.proxyVerifies must be true or false');
  }
  return Object.freeze({ isOn: isKnown && options !== false, proxyVerifies });
}

const isObject = (options: unknown): options is MtlsOptions =>
  typeof options === 'object' && options !== null;
