import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Caller, ClientPrincipal, UserPrincipal } from './caller.js';
import type { SecuredRequest } from './secured-request.js';

const callerOf = (context: ExecutionContext): Caller | undefined =>
  context.switchToHttp().getRequest<SecuredRequest>().caller;

/** The `Caller`. Undefined on public routes, and where `enforce: 'report'` let a stranger through. */
export const CurrentCaller = createParamDecorator((_: undefined, context: ExecutionContext) =>
  callerOf(context),
);

/** The `ClientPrincipal`: the app that calls. */
export const CurrentClient = createParamDecorator(
  (_: undefined, context: ExecutionContext): ClientPrincipal | undefined =>
    callerOf(context)?.client,
);

/** The `UserPrincipal` it acts for, or null when it acts for none. */
export const CurrentUser = createParamDecorator(
  (_: undefined, context: ExecutionContext): UserPrincipal | null =>
    callerOf(context)?.user ?? null,
);
