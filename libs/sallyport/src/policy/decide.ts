import type { Caller, Claims } from '../principals/caller.js';
import { allow, deny, type Decision, type Leg } from './decision.js';
import type { ClaimsDemand, RoutePolicy } from './route-policy.js';

/**
 * Whether this caller may enter this route. Pure: asks no store and no clock. The demands are asked in a fixed
 * order and the first that fails refuses. Object policies are asked by the handler, which knows the object.
 */
export function decide(caller: Caller, policy: RoutePolicy): Decision {
  for (const demand of DEMANDS) {
    const decision = demand(caller, policy);
    if (!decision.allowed) return decision;
  }
  return allow;
}

const DEMANDS = [
  demandSignature,
  demandApiKey,
  demandConstraint,
  demandUser,
  demandScope,
  demandRole,
  demandClaims,
];

/** That it covers what the route demands was seen when it was verified; here, that there was one. */
function demandSignature({ client, credentials }: Caller, { signature }: RoutePolicy): Decision {
  if (signature?.isRequired !== true || credentials.some(({ isSigned }) => isSigned)) return allow;
  return deny({
    code: 'ERR_SIGNATURE_REQUIRED',
    leg: 'credential',
    reason: `client ${client.clientId} did not sign the request`,
  });
}

function demandApiKey(caller: Caller, { apiKey }: RoutePolicy): Decision {
  if (apiKey === 'none') return allow;
  const isEnough = caller.credentials.some(
    ({ kind, actsForUser }) => kind === 'api-key' && (!actsForUser || apiKey === 'own-or-personal'),
  );
  if (isEnough) return allow;
  // 401, not 403: what is missing is a credential, and sending it would help (RFC 9110 §15.5.2).
  return deny({
    code: 'ERR_CREDENTIAL_MISSING',
    leg: 'credential',
    reason: `client ${caller.client.clientId} presented no API key of its own`,
  });
}

function demandConstraint({ client, confirmation }: Caller, policy: RoutePolicy): Decision {
  // What a token is bound to stands in a caller only once its sender has proven it.
  if (!policy.isSenderConstrained || confirmation !== null) return allow;
  return deny({
    code: 'ERR_SENDER_CONSTRAINT_REQUIRED',
    leg: 'credential',
    reason: `client ${client.clientId} presented no access token that is bound to a key`,
  });
}

function demandUser({ client, user }: Caller, policy: RoutePolicy): Decision {
  if (policy.user === 'refused' && user !== null) {
    return deny({
      code: 'ERR_CLIENT_ONLY',
      leg: 'user',
      reason: `client ${client.clientId} acts for a user, on a route for apps alone`,
    });
  }
  const needsUser =
    policy.user === 'required' || (policy.roles.length > 0 && !policy.rolesOnlyWhenUser);
  if (!needsUser || user !== null) return allow;
  return deny({
    code: 'ERR_USER_REQUIRED',
    leg: 'user',
    reason: `client ${client.clientId} acts for no user`,
  });
}

function demandScope(caller: Caller, { scopes }: RoutePolicy): Decision {
  if (holdsAll(caller.scope, scopes)) return allow;
  const missing = scopes.filter((scope) => !caller.scope.has(scope));
  const { leg, reason } = lackingLeg(caller, missing);
  return deny({ code: 'ERR_SCOPE_INSUFFICIENT', leg, reason, scope: scopes });
}

function holdsAll(held: ReadonlySet<string>, demanded: readonly string[]): boolean {
  for (const one of demanded) if (!held.has(one)) return false;
  return true;
}

function holdsAny(held: ReadonlySet<string>, demanded: readonly string[]): boolean {
  for (const one of demanded) if (held.has(one)) return true;
  return false;
}

function lackingLeg(
  caller: Caller,
  missing: readonly string[],
): { readonly leg: Leg; readonly reason: string } {
  const { legs, client } = caller;
  const lacks = (granted: ReadonlySet<string>) => missing.filter((scope) => !granted.has(scope));
  const ofClient = lacks(legs.client);
  if (ofClient.length > 0) {
    return { leg: 'client', reason: `client ${client.clientId} may never ${ofClient.join(' ')}` };
  }
  for (const credential of legs.credentials) {
    const ofCredential = credential.scope === null ? [] : lacks(credential.scope);
    if (ofCredential.length > 0) {
      const name = `${credential.kind} ${credential.id ?? 'without id'}`;
      return { leg: 'credential', reason: `${name} was not granted ${ofCredential.join(' ')}` };
    }
  }
  const roles = [...caller.roles].join(' ') || 'none';
  return {
    leg: 'roles',
    reason: `roles of the user in ${client.clientId} (${roles}) do not give ${missing.join(' ')}`,
  };
}

function demandRole(caller: Caller, { roles }: RoutePolicy): Decision {
  // Without a user `demandUser` has decided.
  if (roles.length === 0 || caller.user === null || holdsAny(caller.roles, roles)) return allow;
  const held = [...caller.roles].join(' ') || 'none';
  return deny({
    code: 'ERR_ROLE_MISSING',
    leg: 'roles',
    reason: `needs ${roles.join(' or ')} in ${caller.client.clientId}; the user has ${held}`,
  });
}

function demandClaims(caller: Caller, { claims }: RoutePolicy): Decision {
  if (claims === null || matches(caller.claims, claims)) return allow;
  const names = typeof claims === 'function' ? 'a test of claims' : Object.keys(claims).join(' ');
  return deny({ code: 'ERR_CLAIM_MISMATCH', leg: 'claims', reason: `not met: ${names}` });
}

function matches(claims: Claims, demand: ClaimsDemand): boolean {
  if (typeof demand === 'function') return isMet(demand, claims);
  return Object.entries(demand).every(([name, wanted]) => {
    if (!Object.hasOwn(claims, name)) return false;
    const values: readonly unknown[] = [claims[name]].flat();
    return [wanted].flat().some((value) => values.includes(value));
  });
}

/** Only `true` is a yes: not the promise of an async test, nor the end of one that met claims it did not expect. */
function isMet(test: (claims: Claims) => unknown, claims: Claims): boolean {
  try {
    return test(claims) === true;
  } catch {
    return false;
  }
}
