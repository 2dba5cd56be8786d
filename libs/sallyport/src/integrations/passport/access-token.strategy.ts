import { Inject, Injectable } from '@nestjs/common';
import passport from 'passport';
import { Strategy } from 'passport-jwt';
import { Authenticator } from '../../credentials/authenticator.js';
import {
  ACCESS_TOKEN_OPTIONS,
  type ResolvedAccessTokenOptions,
} from '../../credentials/bearer/access-token.options.js';
import { AccessTokenVerifier } from '../../credentials/bearer/access-token.verifier.js';
import { IssuerKeys } from '../../credentials/bearer/keys/issuer-keys.js';
import { SallyportError } from '../../errors.js';
import type { AdapterRequest } from '../../request/adapter-request.js';
import { parseAuthorizationHeader } from '../../request/authorization-header.js';
import { singleHeader } from '../../request/header.js';
import { callerOf } from './caller-of.js';
import { STRATEGIES } from './strategies.js';

/**
 * passport-jwt over our verifier. It accepts a subset of what the core accepts: jsonwebtoken has no EdDSA, and a
 * request that the core refuses as a whole is refused here, however good its token. By its name Passport knows the
 * strategy of the app that started last; `SallyportAuthGuard` asks that of its own app.
 */
@Injectable()
export class AccessTokenStrategy extends Strategy {
  constructor(
    private readonly tokens: AccessTokenVerifier,
    private readonly keys: IssuerKeys,
    private readonly authenticator: Authenticator,
    @Inject(ACCESS_TOKEN_OPTIONS) options: ResolvedAccessTokenOptions,
  ) {
    super(
      {
        jwtFromRequest: accessTokenOf,
        algorithms: ['ES256', 'RS256', 'PS256'],
        passReqToCallback: true,
        // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way to pass a tolerance
        jsonWebTokenOptions: { clockTolerance: options.clockSkewSeconds },
        secretOrKeyProvider: (request: AdapterRequest, text: string, done: KeyCallback) => {
          this.keyOf(request, text).then((key) => {
            done(null, key);
          }, done);
        },
      },
      (
        request: AdapterRequest,
        _payload: unknown,
        done: (error: unknown, user?: object) => void,
      ) => {
        callerOf(request, authenticator).then((caller) => {
          done(null, caller);
        }, done);
      },
    );
    passport.use(STRATEGIES['access-token'], this);
  }

  /**
   * The key as PEM: the one form that every jsonwebtoken takes. Only of what the core has let in, so that guessing is counted,
   * revocation asked and a bound token proven.
   */
  private async keyOf(request: AdapterRequest, text: string): Promise<string> {
    await callerOf(request, this.authenticator);
    const token = await this.tokens.verify(text);
    const key = await this.keys.find(token.issuer, token.kid);
    if (key === null)
      throw new SallyportError('ERR_TOKEN_INVALID', { reason: `no key ${token.kid}` });
    return key.key.export({ type: 'spki', format: 'pem' }).toString();
  }
}

type KeyCallback = (error: unknown, key?: string) => void;

/** As Bearer or under the scheme DPoP: whether that is right for it, and its proof, the core has to say. */
function accessTokenOf(request: AdapterRequest): string | null {
  const header = singleHeader(request, 'authorization');
  if (header === null) return null;
  const { scheme, token68 } = parseAuthorizationHeader(header);
  return scheme === 'bearer' || scheme === 'dpop' ? token68 : null;
}
