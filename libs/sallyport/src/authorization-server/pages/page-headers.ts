/**
 * What every page is sent with; nothing in it may run, be framed, kept or told to others.
 * `redirectUri` is where the form on the page finally leads: validated against the client's registration, or null.
 */
export const pageHeaders = (redirectUri: string | null): Readonly<Record<string, string>> => ({
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': [
    "default-src 'none'",
    "style-src 'self'",
    // Chrome follows the redirect after a form's post only to where the form could have been sent (CSP3 §6.4.1.1).
    `form-action ${redirectUri === null ? "'self'" : `'self' ${sourceOf(redirectUri)}`}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Frame-Options': 'DENY',
  // RFC 9700 §4.2: what stands in our URLs is nobody else's.
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Opener-Policy': 'same-origin',
});

/** CSP3 §2.3.1: a host source names no IPv6 address, and no wildcard or separator of ours may come of a strange host. */
const HOST_SOURCE = /^https?:\/\/[a-z0-9.-]+(:\d+)?$/;

function sourceOf(redirectUri: string): string {
  const { protocol, origin } = new URL(redirectUri);
  return HOST_SOURCE.test(origin) ? origin : protocol;
}
