import type { ExecutionContext } from '@nestjs/common';
import type { Resolvable } from '@nestjs/throttler';
import { SallyportError } from '../../errors.js';
import type { RouteLimit, RouteLimits, RoutePolicyName } from './route-limits.js';

/** What `@Throttle` says, in our units. */
export interface SaidLimit {
  readonly limit?: number;
  readonly windowSeconds?: number;
  readonly blockSeconds?: number;
  /** For whom it counts; undefined is the caller. */
  readonly tracker?: string;
}

export type SaidLimits = ReadonlyMap<RoutePolicyName, SaidLimit>;

/** Of a route whose values are plain. */
export function saidPlainly(route: RouteLimits): SaidLimits {
  const said = new Map<RoutePolicyName, SaidLimit>();
  for (const [policy, { limit, ttl, blockDuration }] of route.throttled) {
    said.set(policy, saidOf(route, policy, [limit, ttl, blockDuration]));
  }
  return said;
}

/** Of a route that computes them for each request. */
export async function saidFor(
  route: RouteLimits,
  context: ExecutionContext,
  whoever: string,
): Promise<SaidLimits> {
  const said = new Map<RoutePolicyName, SaidLimit>();
  for (const [policy, given] of route.throttled) {
    const resolve = (value: Resolvable<number> | undefined): unknown =>
      typeof value === 'function' ? value(context) : value;
    const values = [given.limit, given.ttl, given.blockDuration].map(resolve);
    const limit = saidOf(route, policy, await Promise.all(values));
    const tracker = await trackerOf({ route: route.route, limit: given }, context, whoever);
    said.set(policy, tracker === undefined ? limit : { ...limit, tracker });
  }
  return said;
}

async function trackerOf(
  {
    route,
    limit: { getTracker, generateKey },
  }: { readonly route: string; readonly limit: RouteLimit },
  context: ExecutionContext,
  whoever: string,
): Promise<string | undefined> {
  if (getTracker === undefined && generateKey === undefined) return undefined;
  const request = context.switchToHttp().getRequest<Record<string, unknown>>();
  const tracker = getTracker === undefined ? whoever : await getTracker(request, context);
  return generateKey?.(context, tracker, 'default') ?? JSON.stringify([route, tracker]);
}

/** In the order in which they are given. */
const VALUES = [
  {
    name: 'limit',
    must: 'a whole number, 0 or more',
    isRight: (value: number) => Number.isInteger(value) && value >= 0,
  },
  {
    name: 'ttl',
    must: 'a number of milliseconds above 0',
    isRight: (value: number) => value > 0,
  },
  {
    name: 'blockDuration',
    must: 'a number of milliseconds, 0 or more',
    isRight: (value: number) => value >= 0,
  },
] as const;

function saidOf(
  { route }: RouteLimits,
  policy: RoutePolicyName,
  values: readonly unknown[],
): SaidLimit {
  const [limit, ttl, block] = VALUES.map(({ name, must, isRight }, index) => {
    const value = values[index];
    if (value === undefined) return undefined;
    const given = value === '' || value === null ? NaN : Number(value);
    if (Number.isFinite(given) && isRight(given)) return given;
    throw new SallyportError('ERR_OPTIONS_INVALID', {
      reason: `@Throttle "${policy}" on ${route}: ${name} must be ${must}`,
    });
  });
  return {
    ...(limit !== undefined && { limit }),
    ...(ttl !== undefined && { windowSeconds: ttl / 1000 }),
    ...(block !== undefined && { blockSeconds: block / 1000 }),
  };
}
