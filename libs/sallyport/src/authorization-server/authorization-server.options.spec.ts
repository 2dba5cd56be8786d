import { createTestRecipient } from '../../../../test/support/nested-tokens.js';
import type { TokenEncryption } from '../credentials/bearer/token-encryption.js';
import {
  resolveAuthorizationServerOptions,
  type AuthorizationServerOptions,
} from './authorization-server.options.js';

const key = createTestRecipient('ledger');
const resource = { identifier: 'https://ledger.test', scope: ['read'] };

function mistakesOf(
  options: object,
  encryption: TokenEncryption = 'refused',
  isDevelopment = false,
) {
  const mistakes: string[] = [];
  const audience = 'https://api.test';
  const own = { audience, maxTokenLifetimeSeconds: 86_400, encryption, hasMtls: false };
  const given = options as AuthorizationServerOptions;
  resolveAuthorizationServerOptions(given, own, mistakes, isDevelopment);
  return mistakes;
}
const ofResource = (encryption: unknown, more: object = {}, isDevelopment = false) =>
  mistakesOf({ resources: [{ ...resource, encryption, ...more }] }, 'refused', isDevelopment);

describe('Options of the authorization server', () => {
  it.each<[boolean, TokenEncryption, number]>([
    [false, 'refused', 0],
    [false, 'accepted', 0],
    [true, 'accepted', 0],
    [true, 'required', 0],
    [true, 'refused', 1],
    [false, 'required', 1],
  ])(
    'encrypt tokens (%s) only where this API takes them so (%s), and always where it takes no others',
    (encryptAccessTokens, encryption, count) => {
      expect(mistakesOf({ encryptAccessTokens }, encryption)).toHaveLength(count);
    },
  );

  it('take no text for a decision', () => {
    expect(mistakesOf({ encryptAccessTokens: 'false' }, 'accepted')).toEqual([
      'encryptAccessTokens must be true or false',
    ]);
  });

  it('know the key of another resource server, or where it is', () => {
    expect(ofResource({ jwk: key.publicJwk })).toEqual([]);
    expect(ofResource({ jwksUri: 'https://ledger.test/jwks' })).toEqual([]);
    expect(ofResource({ jwksUri: 'http://localhost:3000/jwks' }, {}, true)).toEqual([]);
  });

  it.each([
    [{}, 'exactly one of jwk and jwksUri'],
    [{ jwk: key.publicJwk, jwksUri: 'https://ledger.test/jwks' }, 'exactly one of'],
    [{ jwksUri: 'http://ledger.test/jwks' }, 'encryption.jwksUri must be an https URL'],
    [{ jwksUri: 'https://user:pass@ledger.test/jwks' }, 'encryption.jwksUri must carry no cred'],
    [{ jwk: key.privateJwk }, 'encryption.jwk must be a public key'],
    [{ jwk: { ...key.publicJwk, use: 'sig' } }, 'encryption.jwk must be a public key'],
  ])('find the mistake in %j', (encryption, mistake) => {
    const mistakes = ofResource(encryption);
    expect(mistakes[0]).toContain(mistake);
    expect(mistakes.join()).not.toContain(key.privateJwk.d);
  });

  it('encrypt no opaque token', () => {
    expect(ofResource({ jwk: key.publicJwk }, { accessTokenFormat: 'opaque' })).toEqual([
      expect.stringContaining('opaque'),
    ]);
  });
});
