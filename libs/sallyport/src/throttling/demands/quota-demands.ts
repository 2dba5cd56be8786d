import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { addressBlock } from '../../network/address.js';
import type { Caller } from '../../principals/caller.js';
import { PerCaller } from '../../principals/per-caller.js';
import type { SecuredRequest } from '../../principals/secured-request.js';
import { requestOf } from '../../request/adapter-request.js';
import { RequestOrigin } from '../../request/request-origin.js';
import type { Quota } from '../quota.js';
import { PlanBook } from '../plans/plan-book.js';
import { THROTTLING_OPTIONS, type ResolvedThrottlingOptions } from '../throttling.options.js';
import { DemandSet } from './demand-set.js';
import { RouteLimitBook } from './route-limit-book.js';
import type { RouteLimits } from './route-limits.js';
import { SubjectLimits, type RequestKind } from './subject-limits.js';
import type { Subject } from './subject.js';
import { Subjects } from './subjects.js';
import { saidFor, saidPlainly } from './throttled-limits.js';

/** RFC 9110 §9.2.1, but for TRACE, which no API serves. */
const kindOf = (method: string | undefined): RequestKind =>
  method === 'GET' || method === 'HEAD' || method === 'OPTIONS' ? 'reads' : 'writes';

/** Which limits a request has to spend: prepared at the first one of its kind, looked up at all others. */
@Injectable()
export class QuotaDemands {
  private readonly subjects = new Subjects();
  /** What a caller had to spend last: the usual case is the same again. */
  private readonly last = new PerCaller<DemandSet>('limits');
  private readonly limits: SubjectLimits;

  constructor(
    @Inject(THROTTLING_OPTIONS) private readonly options: ResolvedThrottlingOptions,
    private readonly origin: RequestOrigin,
    private readonly routes: RouteLimitBook,
    private readonly plans: PlanBook,
  ) {
    this.limits = new SubjectLimits(options);
  }

  of(context: ExecutionContext): DemandSet | Promise<DemandSet> {
    const route = this.routes.of(context);
    const request = requestOf<SecuredRequest>(context);
    const { caller } = request;
    const kind = kindOf(request.method);
    const at = 2 * route.variant + (kind === 'reads' ? 0 : 1);
    if (caller === undefined) {
      if (route.variant === 0) return DemandSet.NONE;
      const subject = this.subjects.ofAddress(this.block(request));
      return subject.sets[at] ?? this.prepare(context, route, { subject, kind, at });
    }
    const quota = this.plans.quotaOf(caller.client);
    const last = this.last.get(caller);
    if (last?.at === at && last.quota === quota) return last;
    return this.lookUp(context, route, { caller, quota, kind, at });
  }

  private lookUp(
    context: ExecutionContext,
    route: RouteLimits,
    { caller, quota, kind, at }: { caller: Caller; quota: Quota; kind: RequestKind; at: number },
  ): DemandSet | Promise<DemandSet> {
    let subject = this.subjects.of(caller, quota);
    const isByAddress = this.limits.countsByAddress(route);
    if (isByAddress) subject = this.subjects.at(subject, this.block(requestOf(context)));
    const set = subject.sets[at] ?? this.prepare(context, route, { subject, kind, at });
    // From another address, or computed for each request, it is another one.
    if (!isByAddress && set instanceof DemandSet && set.quota === quota) this.last.set(caller, set);
    return set;
  }

  private prepare(
    context: ExecutionContext,
    route: RouteLimits,
    { subject, kind, at }: { subject: Subject; kind: RequestKind; at: number },
  ): DemandSet | Promise<DemandSet> {
    if (route.isDynamic) {
      return saidFor(route, context, subject.narrowest).then((said) =>
        this.limits.setOf({ subject, route, said, kind, at }),
      );
    }
    const set = this.limits.setOf({ subject, route, said: saidPlainly(route), kind, at });
    subject.sets[at] = set;
    return set;
  }

  private block(request: SecuredRequest): string {
    return addressBlock(this.origin.addressOf(request), this.options.ipv6PrefixLength);
  }
}
