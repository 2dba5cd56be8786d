import { addSeconds } from '../clock.js';
import type { ResolvedSigningKeyOptions } from './signing-key.options.js';
import type { SigningKey } from './signing-key.js';

/** What is due now. */
export interface DueSteps {
  /** Keys that no living token was signed with. */
  readonly retire: readonly SigningKey[];
  /**
   * `begin`: there is no key at all that could sign. `promote`: the next key takes over from the active
   * one, if there is one. `prepare`: only the next key is missing.
   */
  readonly step: 'begin' | 'promote' | 'prepare' | null;
}

export function dueSteps(
  keys: readonly SigningKey[],
  now: Date,
  options: ResolvedSigningKeyOptions,
): DueSteps {
  const isPast = ({ stateSince }: SigningKey, seconds: number): boolean =>
    addSeconds(stateSince, seconds) <= now;
  return {
    retire: keys.filter(
      (key) => key.state === 'retiring' && isPast(key, options.retireAfterSeconds),
    ),
    step: dueStep(),
  };

  function dueStep(): DueSteps['step'] {
    const active = inState(keys, 'active');
    const next = inState(keys, 'next');
    if (next === undefined) return active === undefined ? 'begin' : 'prepare';
    // Without an active key nothing can be signed: better a key that some verifiers have yet to fetch.
    if (active === undefined) return 'promote';
    const isDue =
      isPast(active, options.rotateAfterSeconds) && isPast(next, options.publishBeforeUseSeconds);
    return isDue ? 'promote' : null;
  }
}

export const inState = (
  keys: readonly SigningKey[],
  state: SigningKey['state'],
): SigningKey | undefined => keys.find((key) => key.state === state);
