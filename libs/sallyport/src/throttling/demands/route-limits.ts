import type { ExecutionContext, Type } from '@nestjs/common';
import { PATH_METADATA, VERSION_METADATA } from '@nestjs/common/constants.js';
import type {
  Resolvable,
  ThrottlerGenerateKeyFunction,
  ThrottlerGetTrackerFunction,
} from '@nestjs/throttler';
import { RATE_LIMIT, type RouteRateLimit } from '../rate-limit.decorator.js';

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
  /** Numbers what routes say: those that say nothing share 0. */
  readonly variant: number;
  readonly throttled: ReadonlyMap<RoutePolicyName, RouteLimit>;
  readonly skipped: ReadonlySet<RoutePolicyName>;
  /** What `@RateLimit` said. */
  readonly own: RouteRateLimit | null;
  /** Whether the limit of the sender's address is asked of the store on every request. */
  readonly isAddressExact: boolean;
  /** Whether it must be worked out for each request anew. */
  readonly isDynamic: boolean;
}

/** The names that are ours. All others are left to the ThrottlerModule of the host app. */
export const ROUTE_POLICIES = ['default', 'client', 'api-key', 'user', 'user-everywhere'] as const;

export type RoutePolicyName = (typeof ROUTE_POLICIES)[number];

export type Handler = ReturnType<ExecutionContext['getHandler']>;

let variants = 0;

/** What `@Throttle`, `@RateLimit` and `@SkipThrottle` say of a handler. */
export function compileRouteLimits(controller: Type, handler: Handler): RouteLimits {
  // A method's value replaces its class's, each on its own, as throttler's guard reads them.
  const read = (key: string): unknown =>
    Reflect.getMetadata(key, handler) ?? Reflect.getMetadata(key, controller);
  const throttled = new Map<RoutePolicyName, RouteLimit>();
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
    if (Object.values(said).some((value) => value !== undefined)) throttled.set(name, said);
  }
  const own = ownLimit(handler) ?? ownLimit(controller) ?? null;
  const saysNothing = throttled.size === 0 && skipped.size === 0 && own === null;
  return {
    route: nameOf(controller, handler),
    variant: saysNothing ? 0 : (variants += 1),
    ...{ throttled, skipped, own },
    isAddressExact: own?.policy === 'address' && own.mode === 'exact',
    isDynamic: [...throttled.values()].some((said) =>
      Object.values(said).some((value) => typeof value === 'function'),
    ),
  };
}

const ownLimit = (target: Type | Handler): RouteRateLimit | undefined =>
  Reflect.getMetadata(RATE_LIMIT, target) as RouteRateLimit | undefined;

function nameOf(controller: Type, handler: Handler): string {
  const address = [controller, handler].flatMap((target): unknown[] => [
    target.name,
    Reflect.getMetadata(VERSION_METADATA, target),
    Reflect.getMetadata(PATH_METADATA, target),
  ]);
  return JSON.stringify(address);
}
