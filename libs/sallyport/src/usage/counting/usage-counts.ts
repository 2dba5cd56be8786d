import { OTHER, type UsageCall, type UsageDimensions, type UsageRow } from '../usage.js';
import { everythingFolded, withoutSender } from '../fold-usage.js';
import type { KnownSenders } from './known-senders.js';
import { UsageCounter } from './usage-counter.js';
import { UsageNode } from './usage-node.js';

interface Kept {
  readonly dimensions: UsageDimensions;
  readonly counter: UsageCounter;
}

/**
 * The requests of one minute. A request whose like was seen before costs eleven comparisons or look-ups and makes
 * nothing new; beyond `maxRows` different ones the sender is folded, beyond twice as many everything is.
 */
export class UsageCounts {
  /** Requests whose dimensions were not kept in whole. */
  folded = 0;
  private readonly root = new UsageNode();
  private readonly kept: Kept[] = [];

  constructor(
    readonly startsAt: number,
    private readonly maxRows: number,
    private readonly senders: KnownSenders,
  ) {}

  get size(): number {
    return this.kept.length;
  }

  count(call: UsageCall): void {
    const counter = this.find(call) ?? this.admit(call);
    counter.add(call);
  }

  rows(): UsageRow[] {
    const startsAt = new Date(this.startsAt);
    return this.kept.map(({ dimensions, counter }) => ({
      startsAt,
      ...dimensions,
      ...counter.measures(),
    }));
  }

  private find(call: UsageDimensions): UsageCounter | null {
    return (
      this.root
        .find(call.clientId)
        ?.find(call.apiKeyId)
        ?.find(call.userSubject)
        ?.find(call.userIssuer)
        ?.find(call.route)
        ?.find(call.address)
        ?.find(call.country)
        ?.find(call.userAgent)
        ?.find(call.method)
        ?.find(call.status)
        ?.find(call.refusal)?.counter ?? null
    );
  }

  /** The counter of a request of a new kind. */
  private admit(call: UsageCall): UsageCounter {
    const dimensions = this.senders.admit(dimensionsOf(call), this.startsAt);
    if (this.size < this.maxRows) {
      if (dimensions.userAgent === OTHER) this.folded += 1;
      return this.find(dimensions) ?? this.grow(dimensions);
    }
    this.folded += 1;
    const folded = withoutSender(dimensions);
    const known = this.find(folded);
    if (known !== null) return known;
    if (this.size < 2 * this.maxRows) return this.grow(folded);
    return this.find(everythingFolded) ?? this.grow(everythingFolded);
  }

  private grow(dimensions: UsageDimensions): UsageCounter {
    const counter = new UsageCounter();
    this.root
      .findOrGrow(dimensions.clientId)
      .findOrGrow(dimensions.apiKeyId)
      .findOrGrow(dimensions.userSubject)
      .findOrGrow(dimensions.userIssuer)
      .findOrGrow(dimensions.route)
      .findOrGrow(dimensions.address)
      .findOrGrow(dimensions.country)
      .findOrGrow(dimensions.userAgent)
      .findOrGrow(dimensions.method)
      .findOrGrow(dimensions.status)
      .findOrGrow(dimensions.refusal).counter = counter;
    this.kept.push({ dimensions, counter });
    return counter;
  }
}

const dimensionsOf = (call: UsageDimensions): UsageDimensions => ({
  clientId: kept(call.clientId),
  apiKeyId: kept(call.apiKeyId),
  userIssuer: kept(call.userIssuer),
  userSubject: kept(call.userSubject),
  route: kept(call.route),
  method: kept(call.method),
  status: call.status,
  refusal: call.refusal,
  address: kept(call.address),
  country: call.country,
  userAgent: kept(call.userAgent),
});

const MAX_LENGTH = 256;

/** Texts that no store can keep: too long, with NUL, or half a surrogate pair. */
const kept = (text: string): string =>
  text.length <= MAX_LENGTH && !text.includes('\0') && text.isWellFormed() ? text : OTHER;
