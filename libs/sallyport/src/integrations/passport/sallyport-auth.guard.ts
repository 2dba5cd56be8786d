import type { CanActivate, ExecutionContext, Type } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { SallyportError } from '../../errors.js';
import type { Caller } from '../../principals/caller.js';
import { STRATEGIES, type StrategyName } from './strategies.js';

/**
 * `@UseGuards(SallyportAuthGuard('access-token', 'api-key'))` for apps built on Passport: any one of the named
 * credentials will do, and `request.user` is the `Caller`. A request that carries another, bad one is refused.
 */
export function SallyportAuthGuard(
  ...names: readonly [StrategyName, ...StrategyName[]]
): Type<CanActivate> {
  return class extends AuthGuard(names.map((name) => STRATEGIES[name])) {
    override getRequest(context: ExecutionContext): unknown {
      return context.switchToHttp().getRequest<unknown>();
    }

    override handleRequest<User = Caller>(error: unknown, caller: User | false): User {
      if (error instanceof Error) throw error;
      if (caller === false || caller === null || caller === undefined) {
        throw new SallyportError('ERR_CREDENTIAL_MISSING', {
          reason: `none of ${names.join(', ')} was presented, or none was accepted`,
        });
      }
      return caller;
    }
  };
}
