import type { Caller } from '../principals/caller.js';
import { decide } from './decide.js';
import type { Leg } from './decision.js';
import type { RoutePolicy } from './route-policy.js';

export interface Explanation {
  readonly allowed: boolean;
  /** The leg that denied; null when allowed. */
  readonly deniedBy: Leg | null;
  readonly reason: string | null;
  /** Which legs give each demanded scope value. */
  readonly scopes: readonly {
    readonly scope: string;
    readonly client: boolean;
    readonly credentials: boolean;
    /** Null when no user acts, or no roles are configured. */
    readonly roles: boolean | null;
  }[];
}

/** Says for a log line, a test or a console what decided. Not for the response: it would tell an attacker what to get next. */
export function explain(caller: Caller, policy: RoutePolicy): Explanation {
  const decision = decide(caller, policy);
  return {
    allowed: decision.allowed,
    deniedBy: decision.allowed ? null : decision.refusal.leg,
    reason: decision.allowed ? null : decision.refusal.reason,
    scopes: policy.scopes.map((scope) => ({
      scope,
      client: caller.legs.client.has(scope),
      credentials: caller.legs.credentials.every(
        ({ scope: granted }) => granted?.has(scope) ?? true,
      ),
      roles: caller.legs.roles?.has(scope) ?? null,
    })),
  };
}
