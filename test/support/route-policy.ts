import type { RoutePolicy } from '../../libs/sallyport/src/policy/route-policy.js';

/** A route that says nothing but these demands. */
export const demanding = (demands: Partial<RoutePolicy>): RoutePolicy => ({
  route: 'InvoicesController.list',
  isPublic: false,
  isDeclared: true,
  scopes: [],
  roles: [],
  rolesOnlyWhenUser: false,
  apiKey: 'none',
  signature: null,
  encryption: null,
  user: 'any',
  claims: null,
  isSenderConstrained: false,
  objectPolicy: null,
  ...demands,
});
