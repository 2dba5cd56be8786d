import { CalendarPeriod } from '../counting/calendar-period.js';
import type { LimitPolicy } from '../limit-policy.js';
import type { Quota } from '../quota.js';
import type { LimitDemand, RateLimitRule } from '../rate-limit.js';
import type { ResolvedThrottlingOptions } from '../throttling.options.js';
import { countedBy } from './counted-by.js';
import { DemandSet } from './demand-set.js';
import { divide } from './divide.js';
import type { RouteLimits, RoutePolicyName } from './route-limits.js';
import type { Subject } from './subject.js';
import type { SaidLimits } from './throttled-limits.js';

export type RequestKind = 'reads' | 'writes';

/** What one request of a subject on a route has to spend. */
interface Occasion {
  readonly subject: Subject;
  readonly route: RouteLimits;
  readonly said: SaidLimits;
  readonly kind: RequestKind;
  /** Where a set of it is kept: see `Subject.sets`. */
  readonly at: number;
}

/** `@Throttle` without a limit or a time of its own. */
const ROUTE_RULE: RateLimitRule = { limit: Infinity, windowSeconds: 60 };

/** Works out which limits a subject spends on a route. */
export class SubjectLimits {
  private readonly day: CalendarPeriod;
  private readonly month: CalendarPeriod;

  constructor(private readonly options: ResolvedThrottlingOptions) {
    this.day = new CalendarPeriod('day', options.timeZone);
    this.month = new CalendarPeriod('month', options.timeZone);
  }

  setOf(occasion: Occasion): DemandSet {
    const { route, at, subject } = occasion;
    if (route.skipped.has('default')) return new DemandSet([], [], { at, quota: subject.quota });
    const policy = this.policyOf(route);
    const cost = route.own?.cost ?? policy?.cost ?? 1;
    const demands = [
      ...this.quotas(occasion),
      ...this.throttledDefault(occasion),
      ...this.ownLimit(occasion, policy),
    ];
    const mode = policy?.mode ?? route.own?.mode ?? this.options.mode;
    return divide(demands, { at, quota: subject.quota, cost, mode });
  }

  /** Whether a route asks from where a known caller came. */
  countsByAddress({ own }: RouteLimits): boolean {
    if (own === null) return false;
    return (own.by ?? this.options.policies.get(own.policy ?? '')?.by) === 'address';
  }

  private quotas(occasion: Occasion): LimitDemand[] {
    const { subject } = occasion;
    const { apiKey, user, userEverywhere } = this.options;
    const demands: LimitDemand[] = [];
    const add = (policy: RoutePolicyName, quota: Quota | null, tracker: string): void => {
      if (quota === null || occasion.route.skipped.has(policy)) return;
      demands.push(...this.quota(occasion, { policy, quota, tracker }));
    };
    if (subject.clientId !== null) add('client', subject.quota, '');
    if (subject.keyId !== null) add('api-key', apiKey, subject.keyId);
    if (subject.user !== null) {
      const tracker = JSON.stringify([subject.user.issuer, subject.user.subject]);
      add('user', user, tracker);
      add('user-everywhere', userEverywhere, tracker);
    }
    return demands;
  }

  private quota(
    { subject, route, said, kind }: Occasion,
    { policy, quota, tracker }: { policy: RoutePolicyName; quota: Quota; tracker: string },
  ): LimitDemand[] {
    const group = policy === 'user-everywhere' ? `user ${tracker}` : subject.group;
    const { perDay, perMonth, concurrency } = quota;
    const counted = { group, tracker };
    const rule = { ...quota[kind], ...said.get(policy) };
    // A route that changes a quota has one of its own, or other routes' requests would spend it.
    const own = said.has(policy) ? ` ${route.route}` : '';
    const demands: LimitDemand[] = [];
    if (rule.limit !== Infinity) {
      // Of another name, since it is another limit to whoever reads the fields of the answer.
      const name = kind === 'writes' ? `${policy}-writes` : policy;
      demands.push({ ...rule, policy: name, group, tracker: `${kind} ${tracker}${own}` });
    }
    const { day, month } = this;
    if (perDay !== null) {
      demands.push({
        ...counted,
        policy: `${policy}-day`,
        kind: 'quota',
        limit: perDay,
        period: day,
      });
    }
    if (perMonth !== null) {
      const name = `${policy}-month`;
      demands.push({ ...counted, policy: name, kind: 'quota', limit: perMonth, period: month });
    }
    if (concurrency !== null) {
      const name = `${policy}-concurrency`;
      demands.push({ ...counted, policy: name, kind: 'concurrency', limit: concurrency });
    }
    return demands;
  }

  private throttledDefault({ subject, route, said }: Occasion): LimitDemand[] {
    const limit = said.get('default');
    if (limit === undefined) return [];
    const rule = { ...ROUTE_RULE, ...limit };
    if (rule.limit === Infinity) return [];
    const tracker = limit.tracker ?? JSON.stringify([route.route, subject.narrowest]);
    return [{ ...rule, policy: 'default', group: subject.group, tracker }];
  }

  private ownLimit({ subject, route }: Occasion, policy: LimitPolicy | null): LimitDemand[] {
    if (policy === null) return [];
    const { limit, windowSeconds, burst, failMode, by = 'caller' } = policy;
    const rule = {
      ...{ limit, windowSeconds, ...(burst !== undefined && { burst }) },
      ...(failMode !== undefined && { failMode }),
    };
    // Named policies count for all routes that name them; others for their route.
    const shared = route.own?.limit === undefined;
    const scope = shared ? '' : `${route.route} `;
    const { group, tracker } = countedBy(by, subject, route.own?.policy ?? '');
    const name = route.own?.policy ?? 'default';
    return [{ ...rule, policy: name, group, tracker: `${scope}${tracker}` }];
  }

  private policyOf({ own }: RouteLimits): LimitPolicy | null {
    if (own === null) return null;
    const { limit, windowSeconds } = own;
    if (limit !== undefined) return { ...own, limit, windowSeconds: windowSeconds ?? 60 };
    if (own.policy === undefined) return null;
    const named = this.options.policies.get(own.policy);
    const { by, cost, mode, failMode } = own;
    if (named === undefined) return null;
    return {
      ...named,
      ...{ ...(by && { by }), ...(cost && { cost }) },
      ...{ ...(mode && { mode }), ...(failMode && { failMode }) },
    };
  }
}
