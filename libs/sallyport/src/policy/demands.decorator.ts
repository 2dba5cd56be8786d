import {
  applyDecorators,
  SetMetadata,
  UseInterceptors,
  type CustomDecorator,
} from '@nestjs/common';
import type { ObjectPolicyType } from './object-policy.js';
import { PolicyConsultedInterceptor } from './policy-consulted.interceptor.js';
import type { ClaimsDemand } from './route-policy.js';

/** Metadata keys, one per kind of demand: a method's replaces its class's of the same kind. */
export const DEMANDS = {
  scopes: 'sallyport:scopes',
  roles: 'sallyport:roles',
  apiKey: 'sallyport:api-key',
  user: 'sallyport:user',
  claims: 'sallyport:claims',
  objectPolicy: 'sallyport:object-policy',
} as const;

export interface RolesCondition {
  /** Demand the role only when a user acts. */
  readonly whenUser: boolean;
}

export interface RolesDemand {
  readonly roles: readonly string[];
  readonly whenUser: boolean;
}

/** Demands every one of these scope values (RFC 6749 §3.3, exact match) in the caller's effective scope. */
export const Scopes = (...scopes: [string, ...string[]]): CustomDecorator =>
  SetMetadata(DEMANDS.scopes, scopes);

/**
 * Demands any one of these roles, held by the user in the client that calls; a higher role counts for a lower.
 * Implies a user; with `{ whenUser: true }` as last argument an app that acts for nobody passes.
 */
export function Roles(
  ...demanded: [string, ...string[]] | [string, ...string[], RolesCondition]
): CustomDecorator {
  const entries: readonly (string | RolesCondition)[] = demanded;
  const roles = entries.filter((entry) => typeof entry === 'string');
  const whenUser = entries.some((entry) => typeof entry === 'object' && entry.whenUser);
  return SetMetadata(DEMANDS.roles, { roles, whenUser } satisfies RolesDemand);
}

/**
 * Demands an API key of the app itself. A personal key is a user's credential and does not satisfy it,
 * unless `{ personal: true }` lets it.
 */
export const ApiKey = (options: { readonly personal?: boolean } = {}): CustomDecorator =>
  SetMetadata(DEMANDS.apiKey, options.personal === true ? 'own-or-personal' : 'own');

/** Demands that the client acts for a user. */
export const RequireUser = (): CustomDecorator => SetMetadata(DEMANDS.user, 'required');

/** Demands that no user is acted for: jobs, reports, app-to-app calls. */
export const ClientOnly = (): CustomDecorator => SetMetadata(DEMANDS.user, 'refused');

/** Demands claims of the access token: `{ department: ['finance', 'audit'] }`, or a test of all claims. */
export const Claims = (claims: ClaimsDemand): CustomDecorator =>
  SetMetadata(DEMANDS.claims, claims);

/** Demands that the handler asks this policy about the objects it touches, through `@CurrentPolicy()`. */
export const UsePolicy = (policy: ObjectPolicyType): MethodDecorator & ClassDecorator =>
  applyDecorators(
    SetMetadata(DEMANDS.objectPolicy, policy),
    UseInterceptors(PolicyConsultedInterceptor),
  );
