import { Controller, Get, Header, Inject, Post, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { ClientDirectory } from '../clients/client.directory.js';
import {
  ACCESS_TOKEN_OPTIONS,
  type ResolvedAccessTokenOptions,
} from '../credentials/bearer/access-token.options.js';
import { OfferNonce } from '../credentials/dpop/offer-nonce.js';
import { PresentedTokenVerifier } from '../credentials/presented-token.verifier.js';
import { assertTokenConstrained } from '../credentials/sender-constraint.js';
import type { VerifiedAccessToken } from '../credentials/verified-access-token.js';
import { SallyportError } from '../errors.js';
import { invalidInput } from '../input.js';
import { AlwaysEnforced } from '../policy/enforcement.js';
import {
  rawRequest,
  type AdapterRequest,
  type AdapterResponse,
} from '../request/adapter-request.js';
import { CredentialWatch } from '../request/credential-watch.js';
import { Public } from '../request/public.decorator.js';
import { UserStatusService } from '../users/user-status.service.js';
import { ROUTES } from './provider/routes.js';
import { UserDirectory } from './user-directory.js';

type Claims = Readonly<Record<string, unknown>>;

/** Nest still writes what the handler returns. */
const PASSING = { passthrough: true } as const;

/**
 * OpenID Connect Core §5.3. Ours, since the engine's wants a token that is for nothing else, and ours are for the API.
 * The token is read from the header alone (RFC 6750 §2.1), as Bearer or with a DPoP proof (RFC 9449 §7.1).
 */
@AlwaysEnforced()
@Public()
@Controller({ path: 'oauth/userinfo', version: VERSION_NEUTRAL })
export class UserinfoController {
  constructor(
    private readonly tokens: PresentedTokenVerifier,
    private readonly watch: CredentialWatch,
    private readonly clients: ClientDirectory,
    private readonly users: UserStatusService,
    private readonly directory: UserDirectory,
    private readonly nonces: OfferNonce,
    @Inject(ACCESS_TOKEN_OPTIONS) private readonly own: ResolvedAccessTokenOptions,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  show(@Req() request: AdapterRequest, @Res(PASSING) response: AdapterResponse): Promise<Claims> {
    return this.claimsFor(request, response);
  }

  @Post()
  @Header('Cache-Control', 'no-store')
  answer(@Req() request: AdapterRequest, @Res(PASSING) response: AdapterResponse): Promise<Claims> {
    return this.claimsFor(request, response);
  }

  private async claimsFor(request: AdapterRequest, response: AdapterResponse): Promise<Claims> {
    const { user, scope, clientId, confirmation } = await this.verifiedToken(request);
    const client = await this.clients.find(clientId);
    if (client?.disabledAt !== null) {
      throw new SallyportError('ERR_CLIENT_DISABLED', { reason: `client ${clientId}` });
    }
    assertTokenConstrained(client, confirmation);
    if (user === null || !scope.includes('openid')) {
      throw new SallyportError('ERR_SCOPE_INSUFFICIENT', { scope: ['openid'] });
    }
    if (await this.users.isSuspended(user)) throw new SallyportError('ERR_USER_SUSPENDED');
    this.nonces.offer(confirmation, response);
    const claims = await this.directory.claims(user.subject, new Set(scope));
    return { ...claims, sub: user.subject };
  }

  private async verifiedToken(request: AdapterRequest): Promise<VerifiedAccessToken> {
    try {
      refuseOtherWays(request);
      return await this.tokens.verify(request, `${this.own.issuer}${ROUTES.userinfo}`);
    } catch (error) {
      if (error instanceof SallyportError) this.watch.failed(request, error);
      throw error;
    }
  }
}

function refuseOtherWays(request: AdapterRequest): void {
  const { headers, url = '' } = rawRequest(request);
  // RFC 6750 §2: one way of sending the token, not two. What a body holds is not read, so there may be none.
  if ((headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined) {
    throw invalidInput('send the access token in the Authorization header, and no body');
  }
  if (/[?&]access_token=/.test(url)) throw new SallyportError('ERR_CREDENTIAL_IN_URL');
}
