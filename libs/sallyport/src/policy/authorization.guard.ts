import { Inject, Injectable, Logger, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { SallyportError } from '../errors.js';
import type { Caller } from '../principals/caller.js';
import type { SecuredRequest } from '../principals/secured-request.js';
import { POLICIED, type PoliciedRequest } from './current-policy.decorator.js';
import { decide } from './decide.js';
import { POLICY_OPTIONS, type PolicyOptions } from './enforcement.js';
import { BoundPolicy } from './object-policy.js';
import { RoutePolicies, type EnforcedPolicy } from './route-policies.js';

/** Asks the route's compiled policy about the caller, and throws its refusal. */
@Injectable()
export class AuthorizationGuard implements CanActivate {
  private readonly logger = new Logger('Sallyport');

  constructor(
    private readonly policies: RoutePolicies,
    @Inject(POLICY_OPTIONS) private readonly options: PolicyOptions,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const enforced = this.policies.of(context);
    if (enforced.policy.isPublic) return true;
    const request = context.switchToHttp().getRequest<SecuredRequest & PoliciedRequest>();
    const refusal = this.refusal(request.caller, enforced);
    if (refusal !== null) {
      if (!enforced.isReportOnly) throw refusal;
      this.logger.warn(`would refuse ${enforced.policy.route}: ${refusal.code}, ${refusal.message}`);
    }
    if (enforced.objectPolicy !== null && request.caller !== undefined) {
      const deniedCode =
        this.options.deniedObject === 404 ? 'ERR_OBJECT_DENIED' : 'ERR_POLICY_DENIED';
      request[POLICIED] = new BoundPolicy(enforced.objectPolicy, request.caller, deniedCode);
    }
    return true;
  }

  private refusal(caller: Caller | undefined, { policy }: EnforcedPolicy): SallyportError | null {
    // Without a caller the authentication guard has thrown, or reported and let through.
    if (caller === undefined) return new SallyportError('ERR_CREDENTIAL_MISSING');
    const decision = decide(caller, policy);
    if (decision.allowed) return null;
    const { code, leg, reason, scope } = decision.refusal;
    return new SallyportError(code, {
      reason: `${policy.route}: ${leg}: ${reason}`,
      ...(scope === undefined ? {} : { scope }),
    });
  }
}
