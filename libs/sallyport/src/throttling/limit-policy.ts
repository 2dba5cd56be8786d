import { checkWhole, resolveRule } from './quota.js';
import type { LimitFailMode, LimitMode, RateLimitRule } from './rate-limit.js';

/**
 * For whom a limit counts: `caller` is the narrowest of user in client, API key and client (the address, where nobody
 * is known); `user` is a user in one client, `user-everywhere` in all of them; `everyone` has one count for all.
 */
export const LIMIT_SUBJECTS = [
  ...['caller', 'address', 'client', 'api-key'],
  ...['user', 'user-everywhere', 'everyone'],
] as const as readonly LimitSubject[];

export type LimitSubject =
  'caller' | 'address' | 'client' | 'api-key' | 'user' | 'user-everywhere' | 'everyone';

/** A limit that routes name: those that name the same one share its count. */
export interface LimitPolicy extends RateLimitRule {
  /** What one request takes, unless its route says otherwise. @default 1 */
  readonly cost?: number;
  /**
   * For whom it counts: the `caller`, its `address`, `client`, `api-key` or `user`, `user-everywhere`, or `everyone`
   * together. @default 'caller'
   */
  readonly by?: LimitSubject;
  /** `leased` or `exact`, for all limits of its routes. @default throttling.mode */
  readonly mode?: LimitMode;
  /**
   * While its store is away, `local` goes on by this instance's share and `closed` answers 503; a limit that fails
   * closed is asked of the store on every request. @default 'local'
   */
  readonly failMode?: LimitFailMode;
}

/** Structured fields carry it in quotes, and keys in Redis carry it as it is. */
const NAME = /^[a-z][a-z0-9-]{0,62}$/;
/** Names of limits of our own. */
const TAKEN =
  /^(default|address|failures|anomaly|client|api-key|user|user-everywhere|sign-in)(-|$)/;

export const isPolicyName = (name: string): boolean => NAME.test(name);

export function resolvePolicies(
  given: Readonly<Record<string, LimitPolicy>>,
  mistakes: string[],
): ReadonlyMap<string, LimitPolicy> {
  const resolved = new Map<string, LimitPolicy>();
  for (const [name, policy] of Object.entries(given)) {
    const path = `throttling.policies.${name}`;
    if (!isPolicyName(name) || TAKEN.test(name)) {
      mistakes.push(
        `${path}: a name is lower-case letters, digits and dashes, and none of our own`,
      );
    }
    checkPolicy(path, policy, mistakes);
    resolved.set(name, Object.freeze({ ...policy, ...resolveRule(path, policy, mistakes) }));
  }
  return resolved;
}

export function checkPolicy(
  path: string,
  { cost, by, mode, failMode }: Pick<LimitPolicy, 'cost' | 'by' | 'mode' | 'failMode'>,
  mistakes: string[],
): void {
  if (cost !== undefined) checkWhole(`${path}.cost`, cost, 1_000_000, mistakes, 1);
  if (by !== undefined && !LIMIT_SUBJECTS.includes(by)) {
    mistakes.push(`${path}.by must be one of ${LIMIT_SUBJECTS.join(', ')}`);
  }
  const modes: readonly unknown[] = [undefined, 'leased', 'exact'];
  if (!modes.includes(mode)) {
    mistakes.push(`${path}.mode must be leased or exact`);
  }
  const failModes: readonly unknown[] = [undefined, 'local', 'closed'];
  if (!failModes.includes(failMode)) {
    mistakes.push(`${path}.failMode must be local or closed`);
  }
}
