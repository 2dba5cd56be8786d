import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { fastify } from 'fastify';
import { Provider, type Adapter, type JWK } from 'oidc-provider';
import { encode, signText } from '../support/tokens.js';
import { AUDIENCE, OWN_ISSUER } from './apps.js';
import { CLIENT_ID, SCOPE } from './token-client.js';

const TOKEN_SECONDS = 600;

/** The least that an access token can cost: a handler that signs one, for whoever asks. */
export async function bareSignature(): Promise<Server> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const header = encode({ alg: 'ES256', kid: 'bench', typ: 'at+jwt' });
  const app = fastify();
  const type = 'application/x-www-form-urlencoded';
  app.addContentTypeParser(type, { parseAs: 'string' }, (_request, body, done) => {
    done(null, body);
  });
  app.post('/oauth/token', () => {
    const iat = Math.floor(Date.now() / 1000);
    const claims = { iss: OWN_ISSUER, aud: AUDIENCE, sub: CLIENT_ID, client_id: CLIENT_ID };
    const times = { iat, exp: iat + TOKEN_SECONDS, jti: randomUUID() };
    const input = `${header}.${encode({ ...claims, scope: SCOPE, ...times, cep: 0 })}`;
    const signature = signText('ES256', privateKey, input).toString('base64url');
    return {
      access_token: `${input}.${signature}`,
      expires_in: TOKEN_SECONDS,
      token_type: 'Bearer',
      scope: SCOPE,
    };
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app.server;
}

/** oidc-provider alone on node:http, with one client that it need not look up. */
export async function bareEngine(secret: string): Promise<Server> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' } as JWK;
  const provider = new Provider(OWN_ISSUER, {
    adapter: emptyStore,
    jwks: { keys: [jwk] },
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    cookies: { keys: [secret] },
    routes: { token: '/oauth/token' },
    ttl: { ClientCredentials: TOKEN_SECONDS },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        getResourceServerInfo: () => ({
          audience: AUDIENCE,
          scope: SCOPE,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
  const answer = provider.callback();
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** JWTs for a client of the configuration are kept nowhere, and neither is looked up. */
function emptyStore(): Adapter {
  const refuse = (): Promise<never> => Promise.reject(new TypeError('nothing is kept'));
  return {
    upsert: refuse,
    find: refuse,
    findByUid: refuse,
    findByUserCode: refuse,
    consume: refuse,
    destroy: refuse,
    revokeByGrantId: refuse,
  };
}
