import { Inject, Injectable, Logger, type ExecutionContext } from '@nestjs/common';
import type { Resolvable } from '@nestjs/throttler';
import { SallyportError } from '../errors.js';
import { addressBlock } from '../network/address.js';
import type { Caller, ClientPrincipal } from '../principals/caller.js';
import type { SecuredRequest } from '../principals/secured-request.js';
import { RequestOrigin } from '../request/request-origin.js';
import type { RateLimitDemand, RateLimitRule } from './rate-limit.js';
import { routeLimitsOf, type RouteLimits, type RoutePolicyName } from './route-limits.js';
import {
  THROTTLING_OPTIONS,
  type Quota,
  type ResolvedThrottlingOptions,
} from './throttling.options.js';

/** A demand before the route's own decorators had their say. */
interface Subject {
  readonly policy: RoutePolicyName;
  readonly rule: RateLimitRule;
  readonly tracker: string;
}

/** RFC 9110 §9.2.1, but for TRACE, which no API serves. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** `@Throttle` without a limit or a time of its own. */
const ROUTE_RULE: RateLimitRule = { limit: Infinity, windowSeconds: 60 };

/** Which limits a request has to spend. */
@Injectable()
export class QuotaDemands {
  private readonly logger = new Logger('Sallyport');
  private readonly unknownPlans = new Set<string>();

  constructor(
    @Inject(THROTTLING_OPTIONS) private readonly options: ResolvedThrottlingOptions,
    private readonly origin: RequestOrigin,
  ) {}

  async of(context: ExecutionContext): Promise<readonly RateLimitDemand[]> {
    const route = routeLimitsOf(context);
    if (route.skipped.has('default')) return [];
    const request = context.switchToHttp().getRequest<SecuredRequest>();
    const subjects = request.caller === undefined ? [] : this.subjects(request.caller, request);
    if (route.limits.has('default')) {
      subjects.push({
        policy: 'default',
        rule: ROUTE_RULE,
        tracker: await routeTracker(route, context, this.whoever(request)),
      });
    }
    const group = this.group(request);
    const demands: RateLimitDemand[] = [];
    for (const { policy, rule, tracker } of subjects) {
      if (route.skipped.has(policy)) continue;
      const demand = {
        policy,
        group,
        tracker,
        ...(await ruleOnRoute(route, policy, rule, context)),
      };
      // A route that changes a quota has one of its own, or other routes' requests would spend it.
      if (policy !== 'default' && route.limits.has(policy)) demand.tracker += ` ${route.route}`;
      if (demand.limit !== Infinity) demands.push(demand);
    }
    return demands;
  }

  private subjects(caller: Caller, request: SecuredRequest): Subject[] {
    const kind = SAFE_METHODS.has(request.method ?? '') ? 'reads' : 'writes';
    const subjects: Subject[] = [
      { policy: 'client', rule: this.clientQuota(caller.client)[kind], tracker: kind },
    ];
    if (this.options.apiKey !== null) {
      for (const key of caller.credentials) {
        if (key.kind !== 'api-key' || key.id === null) continue;
        subjects.push({
          policy: 'api-key',
          rule: this.options.apiKey[kind],
          tracker: `${kind} ${key.id}`,
        });
      }
    }
    if (this.options.user !== null && caller.user !== null) {
      const tracker = JSON.stringify([kind, caller.user.issuer, caller.user.subject]);
      subjects.push({ policy: 'user', rule: this.options.user[kind], tracker });
    }
    return subjects;
  }

  private clientQuota(client: ClientPrincipal): Quota {
    if (client.plan === null) return this.options.client;
    const plan = this.options.plans.get(client.plan);
    if (plan !== undefined) return plan;
    if (!this.unknownPlans.has(client.plan)) {
      this.unknownPlans.add(client.plan);
      this.logger.warn(
        `client ${client.clientId} has plan "${client.plan}", which throttling.plans lacks: the default quota applies`,
      );
    }
    return this.options.client;
  }

  private group(request: SecuredRequest): string {
    const client = request.caller?.client.clientId;
    return client === undefined ? `address ${this.block(request)}` : `client ${client}`;
  }

  /** The narrowest subject there is: user, API key, client, or the address of an unknown caller. */
  private whoever(request: SecuredRequest): string {
    const { caller } = request;
    if (caller === undefined) return this.block(request);
    if (caller.user !== null) {
      return JSON.stringify(['user', caller.user.issuer, caller.user.subject]);
    }
    const key = caller.credentials.find(({ kind }) => kind === 'api-key');
    return key?.id ? JSON.stringify(['api-key', key.id]) : 'client';
  }

  private block(request: SecuredRequest): string {
    return addressBlock(this.origin.addressOf(request));
  }
}

async function routeTracker(
  { route, limits }: RouteLimits,
  context: ExecutionContext,
  whoever: string,
): Promise<string> {
  const { getTracker, generateKey } = limits.get('default') ?? {};
  const request = context.switchToHttp().getRequest<Record<string, unknown>>();
  const tracker = getTracker === undefined ? whoever : await getTracker(request, context);
  return generateKey?.(context, tracker, 'default') ?? JSON.stringify([route, tracker]);
}

async function ruleOnRoute(
  { route, limits }: RouteLimits,
  policy: RoutePolicyName,
  rule: RateLimitRule,
  context: ExecutionContext,
): Promise<RateLimitRule & { readonly blockSeconds?: number }> {
  const said = limits.get(policy);
  if (said === undefined) return rule;
  const number = async (value: Resolvable<number> | undefined): Promise<number | undefined> => {
    const resolved: unknown = typeof value === 'function' ? await value(context) : value;
    if (resolved === undefined) return undefined;
    const given = Number(resolved);
    if (resolved !== '' && resolved !== null && given >= 0) return given;
    throw new SallyportError('ERR_OPTIONS_INVALID', {
      reason: `@Throttle "${policy}" on ${route}: every value must be a number, 0 or more`,
    });
  };
  const ttl = await number(said.ttl);
  const blockDuration = await number(said.blockDuration);
  return {
    limit: (await number(said.limit)) ?? rule.limit,
    windowSeconds: ttl === undefined ? rule.windowSeconds : ttl / 1000,
    ...(blockDuration === undefined ? {} : { blockSeconds: blockDuration / 1000 }),
  };
}
