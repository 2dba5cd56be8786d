import {
  Inject,
  Injectable,
  type ExecutionContext,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, ModuleRef } from '@nestjs/core';
import { SallyportError } from '../errors.js';
import { RoleHierarchy } from '../role-grants/role-hierarchy.js';
import { RouteAccess, type RouteRules } from '../request/route-access.js';
import {
  REVOCATION_MODE,
  REVOCATION_MODES,
  type RevocationMode,
} from '../revocation/revocation.decorator.js';
import { compileRoutePolicy } from './compile-route-policy.js';
import { ALWAYS_ENFORCED, POLICY_OPTIONS, type PolicyOptions } from './enforcement.js';
import type { ObjectPolicy, ObjectPolicyType } from './object-policy.js';
import type { RoutePolicy } from './route-policy.js';

type Handler = ReturnType<ExecutionContext['getHandler']>;

export interface EnforcedPolicy extends RouteRules {
  readonly policy: RoutePolicy;
  readonly objectPolicy: ObjectPolicy<unknown> | null;
}

/** The policy of every route, compiled once at start. Fails the start with all mistakes together. */
@Injectable()
export class RoutePolicies extends RouteAccess implements OnModuleInit {
  private readonly compiled = new WeakMap<Type, WeakMap<Handler, EnforcedPolicy>>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly modules: ModuleRef,
    private readonly roles: RoleHierarchy,
    @Inject(POLICY_OPTIONS) private readonly options: PolicyOptions,
  ) {
    super();
  }

  onModuleInit(): void {
    const mistakes: string[] = [];
    for (const [controller, handler] of this.routes()) {
      const { policy } = this.compile(controller, handler, mistakes);
      this.checkRoles(policy, mistakes);
      if (this.options.requireDeclaredPolicy && !policy.isDeclared) {
        mistakes.push(
          `${policy.route} declares no policy: demand something (@Scopes, @RequireUser …) or open it with @Public()`,
        );
      }
    }
    refuseMistakes(mistakes);
  }

  /** The policy of the handler that is about to run. Throws ERR_OPTIONS_INVALID for a late one with mistakes. */
  override of(context: ExecutionContext): EnforcedPolicy {
    const controller = context.getClass();
    const handler = context.getHandler();
    const known = this.compiled.get(controller)?.get(handler);
    if (known !== undefined) return known;
    const mistakes: string[] = [];
    const late = this.compile(controller, handler, mistakes);
    if (mistakes.length > 0) this.compiled.get(controller)?.delete(handler);
    refuseMistakes(mistakes);
    return late;
  }

  /** Every route with its policy, for the console, the documentation and tests. */
  list(): readonly RoutePolicy[] {
    return this.routes().map(
      ([controller, handler]) => this.compile(controller, handler, []).policy,
    );
  }

  private compile(controller: Type, handler: Handler, mistakes: string[]): EnforcedPolicy {
    const policy = compileRoutePolicy(controller, handler as () => unknown, mistakes);
    const isOwn = Reflect.getMetadata(ALWAYS_ENFORCED, controller) === true;
    const enforced = {
      policy,
      isPublic: policy.isPublic,
      signature: policy.signature,
      encryption: policy.encryption,
      objectPolicy: this.objectPolicy(policy.objectPolicy, policy.route, mistakes),
      isReportOnly: this.options.enforce === 'report' && !isOwn,
      revocation: revocationMode(controller, handler, policy.route, mistakes),
    };
    const handlers = this.compiled.get(controller) ?? new WeakMap<Handler, EnforcedPolicy>();
    this.compiled.set(controller, handlers.set(handler, enforced));
    return enforced;
  }

  private checkRoles({ route, roles }: RoutePolicy, mistakes: string[]): void {
    if (!this.roles.isUsed) return;
    for (const role of roles.filter((name) => !this.roles.has(name))) {
      mistakes.push(
        `${route} demands the role ${JSON.stringify(role)}, which \`roles\` does not name`,
      );
    }
  }

  private objectPolicy(
    type: ObjectPolicyType | null,
    route: string,
    mistakes: string[],
  ): ObjectPolicy<unknown> | null {
    if (type === null) return null;
    try {
      return this.modules.get<ObjectPolicy<unknown>>(type, { strict: false });
    } catch {
      mistakes.push(
        `${route} uses ${type.name}, which no module provides once for all requests: add it to \`providers\``,
      );
      return null;
    }
  }

  private routes(): (readonly [Type, Handler])[] {
    return this.discovery.getControllers().flatMap(({ metatype }) => {
      if (typeof metatype !== 'function') return [];
      const prototype = metatype.prototype as Record<string, Handler>;
      return this.scanner
        .getAllMethodNames(prototype)
        .map((name) => prototype[name])
        .filter((method) => method !== undefined)
        .filter((method) => Reflect.hasMetadata(PATH_METADATA, method))
        .map((method) => [metatype as Type, method] as const);
    });
  }
}

function revocationMode(
  controller: Type,
  handler: Handler,
  route: string,
  mistakes: string[],
): RevocationMode {
  const said: unknown =
    Reflect.getMetadata(REVOCATION_MODE, handler) ??
    Reflect.getMetadata(REVOCATION_MODE, controller) ??
    'replica';
  const mode = REVOCATION_MODES.find((known) => known === said);
  if (mode === undefined) {
    mistakes.push(`${route}: @Revocation() knows ${REVOCATION_MODES.join(', ')} only`);
  }
  return mode ?? 'strict';
}

/** All of them at once, each once: those of a class come up with each of its routes. */
function refuseMistakes(mistakes: readonly string[]): void {
  if (mistakes.length === 0) return;
  throw new SallyportError('ERR_OPTIONS_INVALID', {
    reason: `the policies of the routes are wrong:\n- ${[...new Set(mistakes)].join('\n- ')}`,
  });
}
