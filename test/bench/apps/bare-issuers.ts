import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, HttpCode, Module, Post, Req, Res, type DynamicModule } from '@nestjs/common';
import { Provider, type JWK } from 'oidc-provider';
import { encode, signText } from '../../support/tokens.js';
import { AUDIENCE, CLIENT, OWN_ISSUER, SCOPE } from './names.js';

const TOKEN_SECONDS = 600;

@Module({})
class IssuerModule {}

/** The least that an access token can cost: a handler that signs one, for whoever asks. */
export function bareSignature(): DynamicModule {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const header = encode({ alg: 'ES256', kid: 'bench', typ: 'at+jwt' });

  @Controller('oauth')
  class SigningController {
    @Post('token')
    @HttpCode(200)
    token() {
      const iat = Math.floor(Date.now() / 1000);
      const claims = { iss: OWN_ISSUER, aud: AUDIENCE, sub: CLIENT, client_id: CLIENT };
      const times = { iat, exp: iat + TOKEN_SECONDS, jti: randomUUID() };
      const input = `${header}.${encode({ ...claims, scope: SCOPE, ...times, cep: 0 })}`;
      const signature = signText('ES256', privateKey, input).toString('base64url');
      return {
        access_token: `${input}.${signature}`,
        expires_in: TOKEN_SECONDS,
        token_type: 'Bearer',
        scope: SCOPE,
      };
    }
  }
  return { module: IssuerModule, controllers: [SigningController] };
}

type Mounted = IncomingMessage & { readonly raw?: IncomingMessage };
type MountedResponse = ServerResponse & {
  readonly raw?: ServerResponse;
  readonly hijack?: () => void;
};
type NodeHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A handler for node:http at `/oauth/token` of a bare app, whose body parser leaves it the body. */
export function mounted(handler: NodeHandler, path: string): DynamicModule {
  @Controller('oauth')
  class MountController {
    @Post('token')
    async pass(@Req() request: Mounted, @Res() response: MountedResponse): Promise<void> {
      const [raw, out] = [request.raw ?? request, response.raw ?? response];
      response.hijack?.();
      raw.url = path;
      await handler(raw, out);
    }
  }
  return { module: IssuerModule, controllers: [MountController] };
}

/** oidc-provider with its own store in memory and one client that it need not look up. */
export function bareEngine(secret: string): DynamicModule {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' } as JWK;
  const provider = new Provider(OWN_ISSUER, {
    jwks: { keys: [jwk] },
    clients: [
      {
        client_id: CLIENT,
        client_secret: secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    cookies: { keys: [secret] },
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
  return mounted(provider.callback(), '/token');
}
