import {
  Injectable,
  mixin,
  type CanActivate,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import passport from 'passport';
import { SallyportError } from '../../errors.js';
import { OfferNonce } from '../../credentials/dpop/offer-nonce.js';
import type { Caller } from '../../principals/caller.js';
import type { AdapterResponse } from '../../request/adapter-request.js';
import { AccessTokenStrategy } from './access-token.strategy.js';
import { ApiKeyStrategy } from './api-key.strategy.js';
import type { StrategyName } from './strategies.js';

const CLASSES = { 'access-token': AccessTokenStrategy, 'api-key': ApiKeyStrategy } as const;

type Authenticate = (request: object, response: object, next: (error?: unknown) => void) => void;

/**
 * `@UseGuards(SallyportAuthGuard('access-token', 'api-key'))` for apps built on Passport: any one of the named
 * credentials will do, and `request.user` is the `Caller`. A request that carries another, bad one is refused. Bound tokens
 * are taken under the scheme DPoP with their proof (RFC 9449), and the answer brings the nonce for the next one.
 */
export function SallyportAuthGuard(
  ...names: readonly [StrategyName, ...StrategyName[]]
): Type<CanActivate> {
  @Injectable()
  class PassportGuard implements CanActivate {
    constructor(readonly modules: ModuleRef) {}

    async canActivate(context: ExecutionContext): Promise<boolean> {
      const http = context.switchToHttp();
      const request = http.getRequest<{ user?: Caller }>();
      const response = http.getResponse<AdapterResponse>();
      delete request.user;
      request.user = await this.authenticate(request, response);
      this.modules.get(OfferNonce, { strict: false }).offer(request.user.confirmation, response);
      return true;
    }

    private authenticate(request: object, response: object): Promise<Caller> {
      // Passport knows one strategy by each name in the whole process; these are those of this app. It writes into
      // what it is given, so each request gets an object of its own.
      const strategies = names.map((name): unknown =>
        Object.create(this.modules.get<object>(CLASSES[name], { strict: false })),
      );
      const { promise, resolve, reject } = Promise.withResolvers<Caller>();
      const answer = (error: unknown, caller?: Caller | false, info?: unknown): void => {
        if (error === null && caller) resolve(caller);
        else reject(refusalOf([error, info].flat(), names));
      };
      const authenticate = passport.authenticate(
        strategies as string[],
        { session: false },
        answer,
      ) as Authenticate;
      authenticate(request, response, reject);
      return promise;
    }
  }
  return mixin(PassportGuard);
}

/** What a strategy said, as far as it was one of ours; Passport wraps it into lists. */
function refusalOf(said: readonly unknown[], names: readonly string[]): Error {
  const known = said.find((one) => one instanceof SallyportError);
  if (known !== undefined) return known;
  const [first] = said;
  if (first instanceof Error) return first;
  return new SallyportError('ERR_CREDENTIAL_MISSING', {
    reason: `none of ${names.join(', ')} was presented, or none was accepted`,
  });
}
