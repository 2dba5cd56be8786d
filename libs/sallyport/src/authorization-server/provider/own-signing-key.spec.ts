import { createLocalJWKSet, jwtVerify, type JWK } from 'jose';
import { Provider } from 'oidc-provider';
import { createTestIssuer } from '../../../../../test/support/tokens.js';
import { OwnSigningKey } from './own-signing-key.js';

const ISSUER = 'http://127.0.0.1/oauth';
const AUDIENCE = 'https://api.test';

function engineOn(key: OwnSigningKey): Provider {
  const { alg = '' } = key;
  return new Provider(ISSUER, {
    adapter: () => {
      throw new TypeError('nothing is kept');
    },
    cookies: { keys: ['not used'] },
    jwks: { keys: [key] },
    clientDefaults: { id_token_signed_response_alg: alg as 'ES256' },
    enabledJWA: { idTokenSigningAlgValues: [alg as 'ES256'] },
    ttl: { ClientCredentials: 60 },
    clients: [
      {
        ...{ client_id: 'shop', client_secret: 'secret', grant_types: ['client_credentials'] },
        ...{ redirect_uris: [], response_types: [] },
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
    },
  });
}

describe('OwnSigningKey', () => {
  it.each(['ES256', 'EdDSA', 'RS256', 'PS256'] as const)(
    'lets the engine sign with %s, and tells it nothing private',
    async (algorithm) => {
      const { kid, privateKey, publicKey } = createTestIssuer({ algorithm });
      const key = new OwnSigningKey({ kid, algorithm, state: 'active', privateKey });
      const provider = engineOn(key);
      const client = await provider.Client.find('shop');
      if (client === undefined) throw new TypeError('no client');
      const token = new provider.ClientCredentials({ client, scope: 'a' });
      token.resourceServer = new provider.ResourceServer(AUDIENCE, {
        ...{ scope: 'a', audience: AUDIENCE, accessTokenFormat: 'jwt' },
        jwt: { sign: { alg: algorithm } },
      });
      const text = await token.save();

      const jwk: JWK = { ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm };
      const keys = createLocalJWKSet({ keys: [jwk] });
      const { protectedHeader, payload } = await jwtVerify(text, keys, { audience: AUDIENCE });
      expect(protectedHeader).toEqual({ alg: algorithm, typ: 'at+jwt', kid });
      expect(payload).toMatchObject({ iss: ISSUER, client_id: 'shop', scope: 'a' });
      expect(key.keyObject().type).toBe('public');
    },
  );
});
