import { Server } from 'node:tls';

/** How a server of ours ends TLS, as far as certificates of clients go. */
export interface TlsEnd {
  readonly asksForCertificates: boolean;
  /** Authorities that somebody chose. Without them Node trusts those that vouch for the servers of the web. */
  readonly hasAuthorities: boolean;
  /** Whether it lets in who comes with a certificate for which nobody vouches. */
  readonly takesUnverified: boolean;
}

/** What Node keeps of a server's options; its types do not say so. */
interface ToldServer {
  readonly requestCert?: unknown;
  readonly rejectUnauthorized?: unknown;
  readonly ca?: unknown;
}

/** Null for a server that speaks no TLS. */
export function tlsEndOf(server: unknown): TlsEnd | null {
  if (!(server instanceof Server)) return null;
  const { requestCert, rejectUnauthorized, ca } = server as ToldServer;
  return {
    asksForCertificates: requestCert === true,
    hasAuthorities: ca !== undefined,
    takesUnverified: rejectUnauthorized === false,
  };
}
