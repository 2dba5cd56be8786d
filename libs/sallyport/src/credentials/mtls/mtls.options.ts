import { X509Certificate } from 'node:crypto';

/** Mutual TLS (RFC 8705): certificates of clients, from the TLS connection or from a proxy that tells of it. */
export interface MtlsOptions {
  /**
   * Says that the `trustedProxies` verify each client certificate against authorities of your choice before they send
   * `Client-Cert`. Without it, who comes through them cannot sign in by `tlsClientAuth`, which rests on that; tokens
   * bound to a certificate and self-signed ones rest on the certificate itself. @default false
   */
  readonly proxyVerifies?: boolean;
  /**
   * Certificates (PEM) of those authorities, where the proxies know others too: a subject counts only where one of these
   * has signed the client's certificate, or one in `Client-Cert-Chain` (RFC 9440 §2.3) that leads to it.
   * @default undefined: all that the proxies know
   */
  readonly proxyAuthorities?: readonly string[];
}

export interface ResolvedMtlsOptions {
  /** Whether certificates are read at all. */
  readonly isOn: boolean;
  readonly proxyVerifies: boolean;
  /** Null: whoever the proxies verify against. */
  readonly proxyAuthorities: readonly X509Certificate[] | null;
}

export const MTLS_OPTIONS = Symbol('MtlsOptions');

export function resolveMtlsOptions(
  options: MtlsOptions | boolean,
  mistakes: string[],
): ResolvedMtlsOptions {
  // `'false'` from an environment variable would be true.
  const isKnown = typeof options === 'boolean' || isObject(options);
  if (!isKnown) mistakes.push('mtls must be true, false or its options');
  const { proxyVerifies = false, proxyAuthorities } = isObject(options) ? options : {};
  if (typeof proxyVerifies !== 'boolean') {
    mistakes.push('mtls.proxyVerifies must be true or false');
  }
  if (proxyAuthorities !== undefined && !proxyVerifies) {
    mistakes.push('mtls.proxyAuthorities narrows what proxyVerifies says, and needs it');
  }
  return Object.freeze({
    isOn: isKnown && options !== false,
    proxyVerifies,
    proxyAuthorities: authoritiesOf(proxyAuthorities, mistakes),
  });
}

function authoritiesOf(given: unknown, mistakes: string[]): readonly X509Certificate[] | null {
  if (given === undefined) return null;
  const authorities = Array.isArray(given) ? given.map(authorityIn) : [];
  if (authorities.length === 0 || authorities.includes(null)) {
    mistakes.push('mtls.proxyAuthorities must be PEM certificates of authorities, one at least');
  }
  return Object.freeze(authorities.filter((authority) => authority !== null));
}

function authorityIn(given: unknown): X509Certificate | null {
  try {
    const authority = new X509Certificate(String(given));
    return authority.ca ? authority : null;
  } catch {
    return null;
  }
}

const isObject = (options: unknown): options is MtlsOptions =>
  typeof options === 'object' && options !== null;
