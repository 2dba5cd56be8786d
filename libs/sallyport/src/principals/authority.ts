import type { AuthorityLegs } from './caller.js';

/**
 * What a request may do: `client's allowed scope ∩ every credential's scope ∩ scope of the user's roles in
 * this client`. Pure; the one place where authority is computed. Its truth table is `docs/authority.md`.
 */
export function effectiveScope(legs: AuthorityLegs): ReadonlySet<string> {
  let scope = legs.client;
  for (const credential of legs.credentials) {
    if (credential.scope !== null) scope = intersect(scope, credential.scope);
  }
  return legs.roles === null ? scope : intersect(scope, legs.roles);
}

function intersect(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return a.intersection(b);
}
