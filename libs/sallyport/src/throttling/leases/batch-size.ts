import type { Lease } from './lease.js';

/** A batch should last so long at the pace of the last one. */
const BATCH_MS = 3000;
/** No instance holds more than this part of a limit beyond what waits for it: the bound on unfairness. */
const LARGEST_PART = 1 / 10;
/** Where there is plenty, one comes back for more only after this part. */
const PLENTY_PART = 1 / 100;
/** Permits for requests under way that are kept though nothing uses them. */
const IDLE_PERMITS = 2;

/** How many tokens an instance should hold after it asked: by the size of the limit and by recent use. */
export function batchSize(lease: Lease, now: number): number {
  const { limit, batch, tokens } = lease;
  const largest = Math.floor(limit.capacity * LARGEST_PART);
  if (limit.kind === 'concurrency') return Math.min(largest, IDLE_PERMITS);
  const pace = (batch - tokens) / Math.max(1, lease.ageAt(now));
  // What is lost of a quota, with its instance or an answer, comes back only with the next day or month.
  const least = limit.kind === 'quota' ? 0 : Math.floor(limit.capacity * PLENTY_PART);
  const wanted = Math.max(Math.ceil(pace * BATCH_MS), least);
  return Math.min(largest, wanted);
}
