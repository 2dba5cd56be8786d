/** Upper bounds of the buckets of latency, in milliseconds; slower requests are in one more. */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000,
];

export const LATENCY_BUCKETS = LATENCY_BOUNDS_MS.length + 1;

export function latencyBucket(milliseconds: number): number {
  let bucket = 0;
  for (const bound of LATENCY_BOUNDS_MS) {
    if (milliseconds <= bound) return bucket;
    bucket += 1;
  }
  return bucket;
}
