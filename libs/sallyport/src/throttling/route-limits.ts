import type { ExecutionContext, Type } from '@nestjs/common';
import { PATH_METADATA, VERSION_METADATA } from '@nestjs/common/constants.js';
import type {
  Resolvable,
  ThrottlerGenerateKeyFunction,
  ThrottlerGetTrackerFunction,
} from '@nestjs/throttler';

/** What `@Throttle` said for one name, times in milliseconds as throttler writes them. */
export interface RouteLimit {
  readonly limit: Resolvable<number> | undefined;
  readonly ttl: Resolvable<number> | undefined;
  readonly blockDuration: Resolvable<number> | undefined;
  readonly getTracker: ThrottlerGetTrackerFunction | undefined;
  readonly generateKey: ThrottlerGenerateKeyFunction | undefined;
}

export interface RouteLimits {
  /** Names the handler in keys: the same on every instance. */
  readonly route: string;
  readonly limits: ReadonlyMap<RoutePolicyName, RouteLimit>;
  readonly skipped: ReadonlySet<RoutePolicyName>;
}

/** The names that are ours. All others are left to the ThrottlerModule of the host app. */
export const ROUTE_POLICIES = ['default', 'client', 'api-key', 'user'] as const;

export type RoutePolicyName = (typeof ROUTE_POLICIES)[number];

type Handler = ReturnType<ExecutionContext['getHandler']>;

const compiled = new WeakMap<Type, WeakMap<Handler, RouteLimits>>();

/** What `@Throttle`, `@RateLimit` and `@SkipThrottle` say of the handler about to run; read once per handler. */
export function routeLimitsOf(context: ExecutionContext): RouteLimits {
  const controller = context.getClass();
  const handler = context.getHandler();
  const handlers = compiled.get(controller) ?? new WeakMap<Handler, RouteLimits>();
  compiled.set(controller, handlers);
  const known = handlers.get(handler) ?? compileRouteLimits(controller, handler);
  handlers.set(handler, known);
  return known;
}

function compileRouteLimits(controller: Type, handler: Handler): RouteLimits {
  // A method's value replaces its class's, each on its own, as throttler's guard reads them.
  const read = (key: string): unknown =>
    Reflect.getMetadata(key, handler) ?? Reflect.getMetadata(key, controller);
  const address = [controller, handler].flatMap((target): unknown[] => [
    target.name,
    Reflect.getMetadata(VERSION_METADATA, target),
    Reflect.getMetadata(PATH_METADATA, target),
  ]);
  const limits = new Map<RoutePolicyName, RouteLimit>();
  const skipped = new Set<RoutePolicyName>();
  for (const name of ROUTE_POLICIES) {
    if (read(`THROTTLER:SKIP${name}`) === true) skipped.add(name);
    const said = {
      limit: read(`THROTTLER:LIMIT${name}`),
      ttl: read(`THROTTLER:TTL${name}`),
      blockDuration: read(`THROTTLER:BLOCK_DURATION${name}`),
      getTracker: read(`THROTTLER:TRACKER${name}`),
      generateKey: read(`THROTTLER:KEY_GENERATOR${name}`),
    } as RouteLimit;
    if (Object.values(said).some((value) => value !== undefined)) limits.set(name, said);
  }
  return { route: JSON.stringify(address), limits, skipped };
}
