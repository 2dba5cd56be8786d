import {
  Inject,
  Injectable,
  Logger,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { SallyportError } from '../errors.js';
import type { SecuredRequest } from '../principals/secured-request.js';
import { rawRequest, requestOf, responseOf } from '../request/adapter-request.js';
import { RouteAccess } from '../request/route-access.js';
import { Anomalies } from './anomalies/anomalies.js';
import { Penalties } from './anomalies/penalties.js';
import { overLimit } from './answer/over-limit.js';
import { showHeldLimits, showLimits } from './answer/rate-limit-headers.js';
import { onceClosed, type ClosingResponse } from './answer/once-closed.js';
import { isFirst } from './counted-once.js';
import type { DemandSet } from './demands/demand-set.js';
import { QuotaDemands } from './demands/quota-demands.js';
import type { RateLimitState } from './rate-limit.js';
import { RequestLimits } from './request-limits.js';
import { THROTTLING_OPTIONS, type ResolvedThrottlingOptions } from './throttling.options.js';

/**
 * Spends the limits of whoever was let in, all of them or none: client, API key, user, and what the route says of its
 * own. Runs after authorization, so that only allowed requests spend. Goes on at once while this instance holds
 * enough of each.
 */
@Injectable()
export class ClientQuotaGuard implements CanActivate {
  private readonly logger = new Logger('Sallyport');

  constructor(
    private readonly demands: QuotaDemands,
    private readonly limits: RequestLimits,
    private readonly anomalies: Anomalies,
    private readonly penalties: Penalties,
    private readonly access: RouteAccess,
    @Inject(THROTTLING_OPTIONS) private readonly options: ResolvedThrottlingOptions,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const request = requestOf<SecuredRequest>(context);
    if (!isFirst(rawRequest(request))) return true;
    const { caller } = request;
    const now = this.limits.now();
    if (caller !== undefined) {
      this.anomalies.used(caller, request, now);
      const penalty = this.penalties.spend(caller.client.clientId);
      if (penalty !== null) return this.afterPenalty(context, penalty);
    }
    return this.spendAll(context, now);
  }

  private spendAll(context: ExecutionContext, now: number): boolean | Promise<boolean> {
    const set = this.demands.of(context);
    return set instanceof Promise
      ? set.then((computed) => this.spend(context, computed, this.limits.now()))
      : this.spend(context, set, now);
  }

  private spend(
    context: ExecutionContext,
    set: DemandSet,
    now: number,
  ): boolean | Promise<boolean> {
    if (set.isEmpty) return true;
    if (!this.limits.spendHeld(set, now)) return this.ask(context, set);
    const response = responseOf<ClosingResponse>(context);
    if (set.hasConcurrent) this.holdOpen(response, set);
    if (this.isShown) showHeldLimits(response, set, { shown: this.options, now });
    return true;
  }

  private async ask(context: ExecutionContext, set: DemandSet): Promise<boolean> {
    const spending = await this.limits.spend(set).catch((error: unknown) => {
      // A limit that fails closed.
      if (!(error instanceof SallyportError) || !this.access.of(context).isReportOnly) throw error;
      this.logger.warn(`would refuse: ${error.message}`);
      return null;
    });
    if (spending === null) return true;
    const { isAllowed, states } = spending;
    const response = responseOf<ClosingResponse>(context);
    if (isAllowed && set.hasConcurrent) this.holdOpen(response, set);
    const client = requestOf<SecuredRequest>(context).caller?.client.clientId;
    const who = client === undefined ? 'an address' : `client ${client}`;
    const refusal = isAllowed ? null : overLimit(states, who);
    if (refusal !== null && this.access.of(context).isReportOnly) {
      this.logger.warn(`would refuse: ${refusal.message}`);
      return true;
    }
    if (this.isShown) showLimits(response, set.policyHeader, { shown: this.options, states });
    if (refusal !== null) throw refusal;
    return true;
  }

  /** A client that was found suspicious spends what it was left before anything else. */
  private async afterPenalty(
    context: ExecutionContext,
    penalty: RateLimitState | Promise<RateLimitState | null>,
  ): Promise<boolean> {
    const state = await penalty;
    const refusal = state === null ? null : overLimit([state], 'a suspicious client');
    if (refusal !== null && !this.access.of(context).isReportOnly) throw refusal;
    return this.spendAll(context, this.limits.now());
  }

  private holdOpen(response: ClosingResponse, set: DemandSet): void {
    onceClosed(response, () => {
      this.limits.release(set);
    });
  }

  private get isShown(): boolean {
    return this.options.headers || this.options.legacyHeaders;
  }
}
