import { LATENCY_BUCKETS, latencyBucket } from '../latency.js';
import type { UsageCall, UsageMeasures } from '../usage.js';

/** Counts requests that are alike. */
export class UsageCounter {
  calls = 0;
  refused = 0;
  cost = 0;
  latencyMs = 0;
  readonly latency = new Array<number>(LATENCY_BUCKETS).fill(0);

  add({ latencyMs, cost, refusal }: UsageCall): void {
    const bucket = latencyBucket(latencyMs);
    this.calls += 1;
    if (refusal !== '') this.refused += 1;
    this.cost += cost;
    this.latencyMs += latencyMs;
    this.latency[bucket] = (this.latency[bucket] ?? 0) + 1;
  }

  /** Latency to the microsecond, which is as fine as it was measured. */
  measures(): UsageMeasures {
    const { calls, refused, cost, latency } = this;
    return { calls, refused, cost, latencyMs: Math.round(this.latencyMs * 1000) / 1000, latency };
  }
}
