import {
  Inject,
  Injectable,
  Logger,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { SallyportError } from '../errors.js';
import type { Caller } from '../principals/caller.js';
import { PerCaller } from '../principals/per-caller.js';
import type { SecuredRequest } from '../principals/secured-request.js';
import { requestOf } from '../request/adapter-request.js';
import { POLICIED, type PoliciedRequest } from './current-policy.decorator.js';
import { decide } from './decide.js';
import { POLICY_OPTIONS, type PolicyOptions } from './enforcement.js';
import { BoundPolicy } from './object-policy.js';
import { RoutePolicies, type EnforcedPolicy } from './route-policies.js';
import type { RoutePolicy } from './route-policy.js';

/** Asks the route's compiled policy about the caller, and throws its refusal. */
@Injectable()
export class AuthorizationGuard implements CanActivate {
  private readonly logger = new Logger('Sallyport');
  /** The policy that let a caller in last: both stay as they are, and so does the decision. */
  private readonly allowed = new PerCaller<RoutePolicy>('policy');

  constructor(
    private readonly policies: RoutePolicies,
    @Inject(POLICY_OPTIONS) private readonly options: PolicyOptions,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const enforced = this.policies.of(context);
    if (enforced.isPublic) return true;
    const request = requestOf<SecuredRequest & PoliciedRequest>(context);
    const { caller } = request;
    const { isReportOnly, objectPolicy } = enforced;
    const refusal = this.refusal(caller, enforced);
    if (refusal !== null && !isReportOnly) throw refusal;
    // Where there is no caller, the authentication guard has reported that already.
    if (refusal !== null && caller !== undefined) {
      this.logger.warn(
        `would refuse ${enforced.policy.route}: ${refusal.code}, ${refusal.message}`,
      );
    }
    if (objectPolicy !== null) {
      const { deniedObject } = this.options;
      request[POLICIED] = new BoundPolicy(objectPolicy, caller ?? null, {
        deniedCode: deniedObject === 404 ? 'ERR_OBJECT_DENIED' : 'ERR_POLICY_DENIED',
        report: isReportOnly ? (reason) => this.logger.warn(reason) : null,
      });
    }
    return true;
  }

  private refusal(caller: Caller | undefined, { policy }: EnforcedPolicy): SallyportError | null {
    if (caller === undefined) {
      return new SallyportError('ERR_CREDENTIAL_MISSING', { reason: `${policy.route}: no caller` });
    }
    if (this.allowed.get(caller) === policy) return null;
    const decision = decide(caller, policy);
    if (decision.allowed) {
      // What a host's own function says of claims may change.
      if (typeof policy.claims !== 'function') this.allowed.set(caller, policy);
      return null;
    }
    const { code, leg, reason, scope } = decision.refusal;
    return new SallyportError(code, {
      reason: `${policy.route}: ${leg}: ${reason}`,
      ...(scope === undefined ? {} : { scope }),
    });
  }
}
