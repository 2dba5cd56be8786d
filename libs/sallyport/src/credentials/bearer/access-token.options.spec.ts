import { createTestIssuer } from '../../../../../test/support/tokens.js';
import { resolveAccessTokenOptions } from './access-token.options.js';
import { auth0, keycloak } from './issuer-presets.js';
import type { TrustedIssuer } from './trusted-issuer.js';

const required = { issuer: 'https://api.test/oauth', audience: 'https://api.test' };
const partner: TrustedIssuer = {
  issuer: 'https://partner.test',
  audience: 'https://api.test',
  algorithms: ['ES256'],
  jwks: createTestIssuer().jwks,
  clients: ['partner-app'],
};

const remote = { ...partner, jwks: undefined, jwksUri: 'https://partner.test/jwks' };

function mistakesOf(options: object, isDevelopment = false): readonly string[] {
  const mistakes: string[] = [];
  resolveAccessTokenOptions({ ...required, ...options }, mistakes, isDevelopment);
  return mistakes;
}

describe('resolveAccessTokenOptions', () => {
  it('completes what is left out', () => {
    const mistakes: string[] = [];
    const resolved = resolveAccessTokenOptions(required, mistakes, false);
    expect(mistakes).toEqual([]);
    expect(resolved).toMatchObject({
      clockSkewSeconds: 30,
      maxTokenLifetimeSeconds: 86_400,
      jwksCache: { maxAgeSeconds: 600, cooldownSeconds: 30, maxStaleSeconds: 86_400 },
    });
    expect(resolved.issuers.get(required.issuer)).toMatchObject({
      isOwn: true,
      algorithms: ['ES256', 'RS256', 'PS256', 'EdDSA'],
      keys: { kind: 'local' },
    });
    expect(Object.isFrozen(resolved)).toBe(true);
  });

  it.each([
    [{ issuer: 'http://api.test' }, 'issuer'],
    [{ issuer: 'http://localhost:3000/oauth' }, 'issuer'],
    [{ issuer: 'https://api.test?x' }, 'issuer'],
    [{ issuer: 'https://api.test#x' }, 'issuer'],
    [{ issuer: 'https://a:b@api.test' }, 'issuer'],
    [{ issuer: 'api.test' }, 'issuer'],
    [{ issuer: undefined }, 'issuer'],
    [{ audience: '' }, 'audience'],
    [{ audience: undefined }, 'audience'],
    [{ jwksUri: 'http://api.test/jwks' }, 'jwksUri'],
    [{ algorithms: [] }, 'algorithms'],
    [{ algorithms: ['HS256'] }, 'algorithms'],
    [{ algorithms: 'ES256' }, 'algorithms'],
    [{ clockSkewSeconds: -1 }, 'clockSkewSeconds'],
    [{ clockSkewSeconds: 301 }, 'clockSkewSeconds'],
    [{ maxTokenLifetimeSeconds: 0 }, 'maxTokenLifetimeSeconds'],
    [{ maxTokenLifetimeSeconds: NaN }, 'maxTokenLifetimeSeconds'],
    [{ cachedTokens: 0.5 }, 'cachedTokens'],
    [{ encryptedTokens: true }, 'encryptedTokens must be one of refused, accepted, required'],
    [
      { trustedIssuers: [{ ...partner, encryptedTokens: 'yes' }] },
      'trustedIssuers[0].encryptedTokens',
    ],
    [{ jwksCache: { cooldownSeconds: 0 } }, 'jwksCache.cooldownSeconds'],
    [{ trustedIssuers: [{ ...partner, issuer: required.issuer }] }, 'trustedIssuers[0].issuer'],
    [{ trustedIssuers: [partner, partner] }, 'trustedIssuers[1].issuer'],
    [
      { trustedIssuers: [{ ...partner, issuer: 'http://partner.test' }] },
      'trustedIssuers[0].issuer',
    ],
    [{ trustedIssuers: [{ ...partner, audience: [] }] }, 'trustedIssuers[0].audience'],
    [{ trustedIssuers: [{ ...remote, algorithms: undefined }] }, 'trustedIssuers[0].algorithms'],
    [{ trustedIssuers: [{ ...remote, algorithms: ['none'] }] }, 'trustedIssuers[0].algorithms'],
    [{ trustedIssuers: [{ ...partner, clients: [] }] }, 'trustedIssuers[0].clients'],
    [{ trustedIssuers: [{ ...partner, clients: undefined }] }, 'trustedIssuers[0].clients'],
    [{ trustedIssuers: [{ ...partner, acceptTyp: [] }] }, 'trustedIssuers[0].acceptTyp'],
    [{ trustedIssuers: [{ ...partner, acceptTyp: ['JWT'] }] }, 'trustedIssuers[0].isAccessToken'],
    [{ trustedIssuers: [{ ...partner, jwks: undefined }] }, 'exactly one of jwksUri and jwks'],
    [{ trustedIssuers: [{ ...partner, jwksUri: 'https://partner.test/jwks' }] }, 'exactly one'],
    [{ trustedIssuers: [{ ...partner, jwks: { keys: [] } }] }, 'trustedIssuers[0].jwks'],
    [{ trustedIssuers: [{ ...partner, algorithms: ['EdDSA'] }] }, 'trustedIssuers[0].jwks'],
  ])('finds the mistake in %j', (options, name) => {
    const mistakes = mistakesOf(options);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toContain(name);
  });

  it('reports all mistakes together', () => {
    expect(mistakesOf({ issuer: '', audience: '', clockSkewSeconds: -1 })).toHaveLength(3);
  });

  it('lets a development issuer use http on loopback, and nowhere else', () => {
    expect(mistakesOf({ issuer: 'http://localhost:3000/oauth' }, true)).toEqual([]);
    expect(mistakesOf({ issuer: 'http://[::1]:3000/oauth' }, true)).toEqual([]);
    expect(mistakesOf({ issuer: 'http://localhost.evil.test' }, true)).toHaveLength(1);
  });

  it('finds the keys of Keycloak and Auth0 where they publish them', () => {
    const presets = [
      keycloak({ issuer: 'https://sso.test/realms/acme', audience: 'api', clients: ['web'] }),
      auth0({ issuer: 'https://acme.auth0.com/', audience: 'api', clients: ['web'] }),
    ];
    expect(mistakesOf({ trustedIssuers: presets })).toEqual([]);
    expect(presets.map(({ jwksUri }) => jwksUri)).toEqual([
      'https://sso.test/realms/acme/protocol/openid-connect/certs',
      'https://acme.auth0.com/.well-known/jwks.json',
    ]);
  });
});
