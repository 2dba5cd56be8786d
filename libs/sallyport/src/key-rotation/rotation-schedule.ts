import { addSeconds } from '../clock.js';
import type { KeyState, RotatedKey } from './rotated-key.js';
import type { ResolvedRotationOptions } from './rotation.options.js';

/** What is due now. */
export interface DueSteps<Key extends RotatedKey> {
  /** Keys that nothing living was made with. */
  readonly retire: readonly Key[];
  /**
   * `begin`: there is no key at all that could be used. `promote`: the next key takes over from the active
   * one, if there is one. `prepare`: only the next key is missing.
   */
  readonly step: 'begin' | 'promote' | 'prepare' | null;
}

export function dueSteps<Key extends RotatedKey>(
  keys: readonly Key[],
  now: Date,
  options: ResolvedRotationOptions,
): DueSteps<Key> {
  const isPast = ({ stateSince }: Key, seconds: number): boolean =>
    addSeconds(stateSince, seconds) <= now;
  return {
    retire: keys.filter(
      (key) => key.state === 'retiring' && isPast(key, options.retireAfterSeconds),
    ),
    step: dueStep(),
  };

  function dueStep(): DueSteps<Key>['step'] {
    const active = inState(keys, 'active');
    const next = inState(keys, 'next');
    if (next === undefined) return active === undefined ? 'begin' : 'prepare';
    // Without an active key nothing can be made: better a key that some have yet to fetch.
    if (active === undefined) return 'promote';
    const isDue =
      isPast(active, options.rotateAfterSeconds) && isPast(next, options.publishBeforeUseSeconds);
    return isDue ? 'promote' : null;
  }
}

export const inState = <Key extends RotatedKey>(
  keys: readonly Key[],
  state: KeyState,
): Key | undefined => keys.find((key) => key.state === state);
