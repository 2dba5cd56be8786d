import type { ExecutionContext } from '@nestjs/common';

/** Port: what the early stages of a request must know of the route that it goes to. Implemented by the compiled policies. */
export abstract class RouteAccess {
  abstract isPublic(context: ExecutionContext): boolean;

  /** Whether refusals are only logged there (`enforce: 'report'`). */
  abstract isReportOnly(context: ExecutionContext): boolean;
}
