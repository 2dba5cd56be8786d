import type { UsageBatch } from './usage-batch.js';

/**
 * Port: where instances put batches, and one of them takes them out. A batch leaves only when it is removed, so that
 * nothing is lost by whoever dies in between; it may be seen twice, and counts once by its id.
 */
export abstract class UsageBuffer {
  /** False when there is no room. */
  abstract push(batch: UsageBatch): Promise<boolean>;

  /** The oldest batches, at most `limit`. None for others than `holder` while that one keeps asking. */
  abstract peek(holder: string, limit: number): Promise<readonly UsageBatch[]>;

  /** Takes away the oldest batches as long as they are of these ids. */
  abstract remove(ids: readonly string[]): Promise<void>;

  /** Lets another holder in at once. */
  abstract release(holder: string): Promise<void>;
}
