/** A hundred years. With more, such as an absurd `exp` asks for, the end is no date any more. */
const MAX_SECONDS = 100 * 365 * 86_400;

/**
 * A time to live as Redis counts it, a hundred years at most. Rounded up, and at least one: what was put to be found,
 * or claimed to be refused, must not be gone at once. Throws TypeError for what is no finite number.
 */
export function wholeSeconds(ttlSeconds: number): number {
  if (!Number.isFinite(ttlSeconds)) throw new TypeError('a time to live must be a finite number');
  return Math.min(Math.max(1, Math.ceil(ttlSeconds)), MAX_SECONDS);
}
