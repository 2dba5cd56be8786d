import { uuidv7, type Randomness } from '../randomness.js';
import type { Change, ChangedBy } from './change.js';

/** The line for one change: made where the change is made, so that none lacks its actor. */
export function changeOf(
  what: Pick<Change, 'action' | 'object'> & Partial<Pick<Change, 'details'>>,
  by: ChangedBy,
  at: Date,
  randomness: Randomness,
): Change {
  return {
    id: uuidv7(randomness, at),
    at,
    actor: by.actor,
    reason: by.reason ?? null,
    action: what.action,
    object: what.object,
    details: what.details ?? {},
  };
}
