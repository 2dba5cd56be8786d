import type { Type } from '@nestjs/common';
import { PUBLIC } from '../request/public.decorator.js';
import { DEMANDS, type RolesDemand } from './demands.decorator.js';
import type { ObjectPolicyType } from './object-policy.js';
import type { ClaimsDemand, RoutePolicy } from './route-policy.js';

type Handler = (...parameters: never[]) => unknown;

/**
 * Reads the decorators of a handler and its class. A method's demand replaces its class's of the same kind;
 * any demand on a method cancels its class's `@Public()`. Both on one level are pushed onto `mistakes`.
 */
export function compileRoutePolicy(
  controller: Type,
  handler: Handler,
  mistakes: string[] = [],
): RoutePolicy {
  const route = `${controller.name}.${handler.name}`;
  const onMethod = declared(handler);
  const onClass = declared(controller);
  if (onMethod.isPublic && onMethod.demands > 0) {
    mistakes.push(`${route} is both @Public() and demands something: remove one`);
  }
  if (onClass.isPublic && onClass.demands > 0) {
    mistakes.push(`${controller.name} is both @Public() and demands something: remove one`);
  }
  const isPublic = onMethod.demands === 0 && (onMethod.isPublic || onClass.isPublic);
  const of = <T>(kind: keyof typeof DEMANDS): T | undefined =>
    (Reflect.getMetadata(DEMANDS[kind], handler) ??
      (onMethod.isPublic ? undefined : Reflect.getMetadata(DEMANDS[kind], controller))) as
      T | undefined;

  const roles = of<RolesDemand>('roles');
  const user = of<'required' | 'refused'>('user');
  if (user === 'refused' && roles !== undefined && !roles.whenUser) {
    mistakes.push(`${route} is @ClientOnly() and demands a user's role: nobody could enter`);
  }
  return Object.freeze({
    route,
    isPublic,
    isDeclared: isPublic || onMethod.demands + onClass.demands > 0,
    scopes: of<readonly string[]>('scopes') ?? [],
    roles: roles?.roles ?? [],
    rolesOnlyWhenUser: roles?.whenUser ?? false,
    apiKey: of<'own' | 'own-or-personal'>('apiKey') ?? 'none',
    user: user ?? 'any',
    claims: of<ClaimsDemand>('claims') ?? null,
    objectPolicy: of<ObjectPolicyType>('objectPolicy') ?? null,
  });
}

function declared(target: object): { readonly isPublic: boolean; readonly demands: number } {
  const demands = Object.values(DEMANDS).filter((key) => Reflect.hasMetadata(key, target));
  return { isPublic: Reflect.getMetadata(PUBLIC, target) === true, demands: demands.length };
}
