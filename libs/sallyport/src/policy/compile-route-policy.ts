import type { Type } from '@nestjs/common';
import { isScopeToken } from '../input.js';
import { PUBLIC } from '../request/public.decorator.js';
import { compileEncryptionDemand } from './compile-encryption-demand.js';
import { compileSignatureDemand } from './compile-signature-demand.js';
import {
  DEMANDS,
  type EncryptedBodyOptions,
  type RolesDemand,
  type SignedRequestOptions,
} from './demands.decorator.js';
import type { ObjectPolicyType } from './object-policy.js';
import type { ClaimsDemand, RoutePolicy } from './route-policy.js';

type Handler = (...parameters: never[]) => unknown;

/** Where decorators stand: a method, one that it overrides, its class, or a class that this one extends. */
interface Level {
  readonly name: string;
  readonly target: object;
  /** An overridden method may demand, but its `@Public()` opens nothing: the code that runs is another. */
  readonly mayOpen: boolean;
}

/**
 * Reads the decorators of a handler and its class. The nearer level's demand replaces the farther one's of the same
 * kind; any demand cancels `@Public()` of a farther level, and `@Public()` all demands of farther ones. Both on one
 * level, and demands that nobody or everybody could meet, are pushed onto `mistakes`.
 */
export function compileRoutePolicy(
  controller: Type,
  handler: Handler,
  mistakes: string[] = [],
): RoutePolicy {
  const route = `${controller.name}.${handler.name}`;
  const { demands, isPublic } = collect(levelsOf(controller, handler), mistakes);
  const of = <T>(kind: keyof typeof DEMANDS): T | undefined => demands.get(DEMANDS[kind]) as T;

  const roles = of<RolesDemand>('roles');
  const signature = compileSignatureDemand(
    route,
    of<SignedRequestOptions>('signature') ?? null,
    of('apiKey') !== undefined,
    mistakes,
  );
  const policy: RoutePolicy = {
    route,
    isPublic,
    isDeclared: isPublic || demands.size > 0,
    scopes: of<readonly string[]>('scopes') ?? [],
    roles: roles?.roles ?? [],
    rolesOnlyWhenUser: roles?.whenUser ?? false,
    apiKey: of<'own' | 'own-or-personal'>('apiKey') ?? 'none',
    signature,
    encryption: compileEncryptionDemand(
      route,
      of<EncryptedBodyOptions>('encryption') ?? null,
      signature,
      mistakes,
    ),
    user: of<'required' | 'refused'>('user') ?? 'any',
    claims: of<ClaimsDemand>('claims') ?? null,
    isSenderConstrained: of<true>('senderConstrained') ?? false,
    objectPolicy: of<ObjectPolicyType>('objectPolicy') ?? null,
  };
  if (of('scopes') !== undefined) checkScopes(policy, mistakes);
  if (roles !== undefined) checkRoles(policy, mistakes);
  checkConstraint(policy, mistakes);
  if (typeof policy.claims === 'object' && Object.keys(policy.claims ?? { any: 1 }).length === 0) {
    mistakes.push(`${route} has @Claims() that name no claim`);
  }
  return Object.freeze(policy);
}

/** From the nearest to the farthest. */
function levelsOf(controller: Type, handler: Handler): readonly Level[] {
  const methods: Level[] = [
    { name: `${controller.name}.${handler.name}`, target: handler, mayOpen: true },
  ];
  const classes: Level[] = [];
  for (const type of lineage(controller)) {
    classes.push({ name: type.name, target: type, mayOpen: true });
    const method: unknown = Object.getOwnPropertyDescriptor(type.prototype, handler.name)?.value;
    if (typeof method === 'function' && method !== handler) {
      methods.push({ name: `${type.name}.${handler.name}`, target: method, mayOpen: false });
    }
  }
  return [...methods, ...classes];
}

function* lineage(controller: Type): Generator<Type> {
  let type: unknown = controller;
  while (typeof type === 'function' && type !== Function.prototype) {
    yield type as Type;
    type = Object.getPrototypeOf(type);
  }
}

function collect(levels: readonly Level[], mistakes: string[]) {
  const demands = new Map<string, unknown>();
  for (const { name, target, mayOpen } of levels) {
    const said = Object.values(DEMANDS).filter((key) => Reflect.hasOwnMetadata(key, target));
    const opens = mayOpen && Reflect.getOwnMetadata(PUBLIC, target) === true;
    if (opens && said.length > 0) {
      mistakes.push(`${name} is both @Public() and demands something: remove one`);
    }
    for (const key of said) {
      if (!demands.has(key)) demands.set(key, Reflect.getOwnMetadata(key, target));
    }
    if (opens) return { demands, isPublic: demands.size === 0 };
  }
  return { demands, isPublic: false };
}

function checkScopes({ route, scopes }: RoutePolicy, mistakes: string[]): void {
  if (scopes.length === 0) mistakes.push(`${route} has @Scopes() that name none`);
  for (const scope of scopes.filter((value) => !isScopeToken(value))) {
    mistakes.push(
      `${route}: ${JSON.stringify(scope)} is no scope value (RFC 6749 §3.3): name each one by itself`,
    );
  }
}

function checkRoles(policy: RoutePolicy, mistakes: string[]): void {
  if (policy.roles.length === 0) mistakes.push(`${policy.route} has @Roles() that name none`);
  if (policy.user === 'refused' && !policy.rolesOnlyWhenUser) {
    mistakes.push(`${policy.route} is @ClientOnly() and demands a user's role: nobody could enter`);
  }
}

/** Both stand in `Authorization`, of which there is one. */
function checkConstraint(
  { route, signature, isSenderConstrained }: RoutePolicy,
  mistakes: string[],
) {
  if (!isSenderConstrained || signature?.scheme !== 'aws4-hmac-sha256') return;
  mistakes.push(
    `${route} is @SenderConstrained() and demands aws4-hmac-sha256: nobody could enter`,
  );
}
