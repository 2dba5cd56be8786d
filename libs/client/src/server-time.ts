import type { Time } from './time.js';

/** Further apart, proofs may be refused: Sallyport's clocks may differ by 30 seconds. */
const TOLERANCE_MS = 20_000;

/** Our time, corrected by a server that refused it: proofs and signatures are dated, and clocks of devices are wrong. */
export class ServerTime {
  private aheadMs = 0;

  constructor(private readonly local: Time) {}

  /** Milliseconds since 1970. */
  now(): number {
    return this.local.now() + this.aheadMs;
  }

  /** Whether a refusal comes from another time than ours: then the same request, dated anew, may be accepted. */
  learn({ headers }: Response): boolean {
    const aheadMs = Date.parse(headers.get('date') ?? '') - this.local.now();
    // Not `… <= TOLERANCE_MS`: without a date it is not a number.
    if (!(Math.abs(aheadMs - this.aheadMs) > TOLERANCE_MS)) return false;
    this.aheadMs = aheadMs;
    return true;
  }
}
