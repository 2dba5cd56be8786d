import { pageHeaders } from './page-headers.js';

const formActionOf = (redirectUri: string | null): string | undefined =>
  /form-action ([^;]*);/.exec(pageHeaders(redirectUri)['Content-Security-Policy'] ?? '')?.[1];

describe('pageHeaders', () => {
  it('lets nothing run, frame, keep or learn of the page', () => {
    expect(pageHeaders(null)).toEqual({
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy':
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'Cross-Origin-Opener-Policy': 'same-origin',
    });
  });

  it.each([
    ['https://app.example.com/callback?tenant=1', "'self' https://app.example.com"],
    ['https://bücher.example/callback', "'self' https://xn--bcher-kva.example"],
    ['http://127.0.0.1:51004/callback', "'self' http://127.0.0.1:51004"],
    ['http://[::1]:51004/callback', "'self' http:"],
    ['com.example.app:/callback', "'self' com.example.app:"],
    ["https://*.example.com;script-src'self'/callback", "'self' https:"],
    ['https://a,b.example.com/callback', "'self' https:"],
  ])('lets the form on the page lead to %s', (redirectUri, formAction) => {
    expect(formActionOf(redirectUri)).toBe(formAction);
  });

  it.each(['a b:/x', 'nonsense', ''])('has no headers for %j, which is no URL', (redirectUri) => {
    expect(() => pageHeaders(redirectUri)).toThrow('Invalid URL');
  });
});
