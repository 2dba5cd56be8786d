import { withoutSender } from '../fold-usage.js';
import { OTHER, type UsageDimensions } from '../usage.js';

const HOUR_MS = 3_600_000;
const MAX_USER_AGENTS = 200;

/**
 * Which senders are told apart, in an hour. Anyone can write new user agents and come from new addresses, and every one
 * that is told apart is a row of its own for as long as days are kept: so who nobody knows gets few of them. Bounded,
 * however often counts are handed over meanwhile.
 */
export class KnownSenders {
  private readonly userAgents = new Set<string>();
  /** Address and user agent of those whom nobody knows. */
  private readonly strangers = new Set<string>();
  private hour = -1;

  /** @param maxStrangers how many senders without a client are told apart */
  constructor(private readonly maxStrangers: number) {}

  /** What is kept of a call's sender in the hour of that instant. */
  admit(dimensions: UsageDimensions, at: number): UsageDimensions {
    const hour = Math.floor(at / HOUR_MS);
    if (hour !== this.hour) this.begin(hour);
    const { clientId, address, userAgent } = dimensions;
    if (clientId === '' && !isKnown(this.strangers, `${address} ${userAgent}`, this.maxStrangers)) {
      return withoutSender(dimensions);
    }
    if (isKnown(this.userAgents, userAgent, MAX_USER_AGENTS)) return dimensions;
    return { ...dimensions, userAgent: OTHER };
  }

  private begin(hour: number): void {
    this.hour = hour;
    this.userAgents.clear();
    this.strangers.clear();
  }
}

/** Whether it is among them, or may be from now on. */
function isKnown(known: Set<string>, text: string, most: number): boolean {
  return known.has(text) || (known.size < most && known.add(text).has(text));
}
