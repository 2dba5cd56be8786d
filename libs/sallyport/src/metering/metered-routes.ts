import { Injectable, type ExecutionContext, type Type } from '@nestjs/common';
import { RouteLimitBook } from '../throttling/demands/route-limit-book.js';

/** What a route counts as. */
export interface MeteredRoute {
  /** `Controller.handler`. */
  readonly route: string;
  /** Weight of one request. */
  readonly cost: number;
}

type Handler = ReturnType<ExecutionContext['getHandler']>;

/** Names and weights of the routes, each found once. */
@Injectable()
export class MeteredRoutes {
  private readonly known = new WeakMap<Type, Map<Handler, MeteredRoute>>();

  constructor(private readonly limits: RouteLimitBook) {}

  of(context: ExecutionContext): MeteredRoute {
    const controller = context.getClass();
    const handler = context.getHandler();
    const known = this.known.get(controller)?.get(handler);
    if (known !== undefined) return known;
    const route = `${controller.name}.${handler.name}`;
    const found = { route, cost: this.limits.costOf(context) };
    const routes = this.known.get(controller) ?? new Map<Handler, MeteredRoute>();
    this.known.set(controller, routes.set(handler, found));
    return found;
  }
}
