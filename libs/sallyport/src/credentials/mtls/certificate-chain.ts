import type { X509Certificate } from 'node:crypto';

/** Whether the validity of a certificate (RFC 5280 §4.1.2.5) includes this moment. */
export const isValidAt = ({ validFromDate, validToDate }: X509Certificate, now: Date): boolean =>
  validFromDate <= now && now <= validToDate;

/**
 * Whether one of these authorities vouches for a certificate: it signed it, or signed one of the chain which leads to
 * it, each a certificate authority's and valid now. What else a path must be (RFC 5280 §6) is for whoever ended TLS to
 * check; this says only whose word it was.
 */
export function isVouchedForBy(
  authorities: readonly X509Certificate[],
  certificate: X509Certificate,
  chain: readonly X509Certificate[],
  now: Date,
): boolean {
  let vouched = certificate;
  for (const next of [...chain, null]) {
    if (authorities.some((authority) => isValidAt(authority, now) && hasIssued(authority, vouched)))
      return true;
    if (next === null || !isValidAt(next, now) || !hasIssued(next, vouched)) return false;
    vouched = next;
  }
  return false;
}

const hasIssued = (issuer: X509Certificate, issued: X509Certificate): boolean =>
  issuer.ca && issued.checkIssued(issuer) && issued.verify(issuer.publicKey);
