import { Inject, Injectable } from '@nestjs/common';
import passport from 'passport';
import { Strategy } from 'passport-jwt';
import { Authenticator } from '../../credentials/authenticator.js';
import {
  ACCESS_TOKEN_OPTIONS,
  type ResolvedAccessTokenOptions,
} from '../../credentials/bearer/access-token.options.js';
import { IssuerKeys } from '../../credentials/bearer/keys/issuer-keys.js';
import { TokenVerifier } from '../../credentials/token.verifier.js';
import { SallyportError } from '../../errors.js';
import type { AdapterRequest } from '../../request/adapter-request.js';
import { parseAuthorizationHeader } from '../../request/authorization-header.js';
import { singleHeader } from '../../request/header.js';
import { STRATEGIES } from './strategies.js';

/**
 * passport-jwt over our verifier. It accepts a subset of what the core accepts: jsonwebtoken has no EdDSA, and a
 * request that the core refuses as a whole is refused here, however good its token. By its name Passport knows the
 * strategy of the app that started last; `SallyportAuthGuard` asks that of its own app.
 */
@Injectable()
export class AccessTokenStrategy extends Strategy {
  constructor(
    private readonly tokens: TokenVerifier,
    private readonly keys: IssuerKeys,
    authenticator: Authenticator,
    @Inject(ACCESS_TOKEN_OPTIONS) private readonly options: ResolvedAccessTokenOptions,
  ) {
    super(
      {
        jwtFromRequest: bearerTokenOf,
        algorithms: ['ES256', 'RS256', 'PS256'],
        passReqToCallback: true,
        // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way to pass a tolerance
        jsonWebTokenOptions: { clockTolerance: options.clockSkewSeconds },
        secretOrKeyProvider: (_request: unknown, text: string, done: KeyCallback) => {
          this.keyOf(text).then((key) => {
            done(null, key);
          }, done);
        },
      },
      (
        request: AdapterRequest,
        _payload: unknown,
        done: (error: unknown, user?: object) => void,
      ) => {
        authenticator.authenticate(request).then((caller) => {
          done(null, caller);
        }, done);
      },
    );
    passport.use(STRATEGIES['access-token'], this);
  }

  /** The key as PEM: the one form that every jsonwebtoken takes. */
  private async keyOf(text: string): Promise<string> {
    const token = await this.tokens.verify(text);
    const issuer = this.options.issuers.get(token.issuer);
    const key = issuer === undefined ? null : await this.keys.find(issuer, token.kid);
    if (key === null)
      throw new SallyportError('ERR_TOKEN_INVALID', { reason: `no key ${token.kid}` });
    return key.key.export({ type: 'spki', format: 'pem' }).toString();
  }
}

type KeyCallback = (error: unknown, key?: string) => void;

function bearerTokenOf(request: AdapterRequest): string | null {
  const header = singleHeader(request, 'authorization');
  if (header === null) return null;
  const { scheme, token68 } = parseAuthorizationHeader(header);
  return scheme === 'bearer' ? token68 : null;
}
