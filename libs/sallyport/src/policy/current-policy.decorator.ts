import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { SallyportError } from '../errors.js';
import type { BoundPolicy } from './object-policy.js';

export const POLICIED = Symbol('sallyport:bound-policy');

export interface PoliciedRequest {
  [POLICIED]?: BoundPolicy<unknown>;
}

/** The `BoundPolicy` of a handler with `@UsePolicy(…)`: `check(object)` and `where()` for this caller. */
export const CurrentPolicy = createParamDecorator((_: undefined, context: ExecutionContext) => {
  const bound = context.switchToHttp().getRequest<PoliciedRequest>()[POLICIED];
  if (bound === undefined) {
    throw new SallyportError('ERR_POLICY_NOT_CONSULTED', {
      reason: `${context.getClass().name}.${context.getHandler().name} has @CurrentPolicy() but no @UsePolicy(…), or no caller`,
    });
  }
  return bound;
});
