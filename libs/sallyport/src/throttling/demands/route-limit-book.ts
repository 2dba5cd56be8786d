import {
  Inject,
  Injectable,
  type ExecutionContext,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { SallyportError } from '../../errors.js';
import { checkPolicy, isPolicyName } from '../limit-policy.js';
import { resolveRule } from '../quota.js';
import { THROTTLING_OPTIONS, type ResolvedThrottlingOptions } from '../throttling.options.js';
import { compileRouteLimits, type Handler, type RouteLimits } from './route-limits.js';
import { saidPlainly } from './throttled-limits.js';

/** What every route says of its limits, compiled once. Fails the start with all mistakes together. */
@Injectable()
export class RouteLimitBook implements OnModuleInit {
  /** By handler alone the usual case is found: the controller that was called last. */
  private readonly latest = new WeakMap<
    Handler,
    { readonly of: Type; readonly limits: RouteLimits }
  >();
  /** A handler may be inherited by several controllers. */
  private readonly compiled = new WeakMap<Handler, Map<Type, RouteLimits>>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    @Inject(THROTTLING_OPTIONS) private readonly options: ResolvedThrottlingOptions,
  ) {}

  onModuleInit(): void {
    const mistakes: string[] = [];
    for (const { metatype } of this.discovery.getControllers()) {
      if (typeof metatype !== 'function') continue;
      const prototype = metatype.prototype as Record<string, Handler>;
      for (const name of this.scanner.getAllMethodNames(prototype)) {
        const handler = prototype[name];
        if (handler === undefined || !Reflect.hasMetadata(PATH_METADATA, handler)) continue;
        this.check(compileRouteLimits(metatype as Type, handler), mistakes);
      }
    }
    if (mistakes.length === 0) return;
    const reason = `the limits of the routes are wrong:\n- ${[...new Set(mistakes)].join('\n- ')}`;
    throw new SallyportError('ERR_OPTIONS_INVALID', { reason });
  }

  /** What the handler that is about to run says. */
  of(context: ExecutionContext): RouteLimits {
    const controller = context.getClass();
    const handler = context.getHandler();
    const latest = this.latest.get(handler);
    if (latest?.of === controller) return latest.limits;
    const limits = this.find(controller, handler);
    this.latest.set(handler, { of: controller, limits });
    return limits;
  }

  private find(controller: Type, handler: Handler): RouteLimits {
    const byController = this.compiled.get(handler) ?? new Map<Type, RouteLimits>();
    this.compiled.set(handler, byController);
    const known = byController.get(controller);
    if (known !== undefined) return known;
    const limits = compileRouteLimits(controller, handler);
    byController.set(controller, limits);
    return limits;
  }

  /** What one request of the handler takes, of limits and in usage: its own word, its policy's, or 1. */
  costOf(context: ExecutionContext): number {
    const { own } = this.of(context);
    return own?.cost ?? this.options.policies.get(own?.policy ?? '')?.cost ?? 1;
  }

  private check(limits: RouteLimits, mistakes: string[]): void {
    const { route, own } = limits;
    checkThrottled(limits, mistakes);
    if (own === null) return;
    const path = `@RateLimit on ${route}`;
    checkPolicy(path, own, mistakes);
    const { policy, limit, windowSeconds, burst, failMode } = own;
    if (failMode !== undefined && limit === undefined && (policy ?? 'address') === 'address') {
      mistakes.push(`${path}: failMode needs a limit, or a policy of throttling.policies`);
    }
    if (limit !== undefined) {
      const rule = { limit, windowSeconds: windowSeconds ?? NaN };
      resolveRule(path, { ...rule, ...(burst !== undefined && { burst }) }, mistakes);
      if (policy !== undefined && !isPolicyName(policy))
        mistakes.push(`${path}: policy is no name`);
    } else if (policy !== undefined && policy !== 'address' && !this.options.policies.has(policy)) {
      mistakes.push(`${path} names "${policy}", which throttling.policies lacks`);
    }
  }
}

/** What is computed for each request is checked then. */
function checkThrottled(limits: RouteLimits, mistakes: string[]): void {
  if (limits.isDynamic) return;
  try {
    saidPlainly(limits);
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    mistakes.push(error.message);
  }
}
