import { Inject, Injectable } from '@nestjs/common';
import type { ApiKeyUse } from '../../api-keys/api-key.js';
import { Clock } from '../../clock.js';
import { USAGE_OPTIONS, type ResolvedUsageOptions } from '../usage.options.js';
import { startOf, type ClientUse, type UsageCall, type UsageRow } from '../usage.js';
import { KnownSenders } from './known-senders.js';
import { LastUses } from './last-uses.js';
import { UsageCounts } from './usage-counts.js';

const MINUTE_MS = 60_000;

/** What was counted since the last time it was taken. */
export interface Counted {
  readonly rows: readonly UsageRow[];
  readonly apiKeyUses: readonly ApiKeyUse[];
  readonly clientUses: readonly ClientUse[];
}

/** Counts in memory. Asks no store, so that whoever counts never waits. */
@Injectable()
export class UsageMeter {
  private readonly senders: KnownSenders;
  private current: UsageCounts;
  /** When its minute ends, of `performance.now()`. */
  private endsAt = 0;
  /** Minutes that are over, and not taken yet. */
  private closed: UsageCounts[] = [];
  private foldedBefore = 0;
  private readonly apiKeys = new LastUses();
  private readonly clients = new LastUses();

  constructor(
    private readonly clock: Clock,
    @Inject(USAGE_OPTIONS) private readonly options: ResolvedUsageOptions,
  ) {
    this.senders = new KnownSenders(Math.ceil(options.maxRows / 10));
    this.current = this.startMinute(performance.now());
  }

  /** Requests of which some detail was not kept, since the start. */
  get folded(): number {
    return this.closed.reduce((sum, { folded }) => sum + folded, this.foldedNow);
  }

  /**
   * Counts a request that was over at `at`, of `performance.now()`: reading that clock costs less than reading the
   * date. What the date has been set to meanwhile is noticed when counts are taken.
   */
  count(call: UsageCall, at = performance.now()): void {
    if (at >= this.endsAt) this.turn(at);
    this.current.count(call);
  }

  /** Remembers that a client, and perhaps its key, was let in `now`: in milliseconds since 1970. */
  use(clientId: string, apiKeyId: string | null, now: number): void {
    this.clients.add(clientId, 1, now);
    if (apiKeyId !== null) this.apiKeys.add(apiKeyId, 1, now);
  }

  /** Hands over what was counted, and begins anew. */
  take(): Counted {
    this.turn(performance.now());
    const { closed } = this;
    this.foldedBefore += closed.reduce((sum, { folded }) => sum + folded, 0);
    this.closed = [];
    return {
      rows: closed.flatMap((counts) => counts.rows()),
      apiKeyUses: this.apiKeys.take().map(({ id, ...use }) => ({ apiKeyId: id, ...use })),
      clientUses: this.clients.take().map(({ id, ...use }) => ({ clientId: id, ...use })),
    };
  }

  private get foldedNow(): number {
    return this.foldedBefore + this.current.folded;
  }

  private turn(at: number): void {
    if (this.current.size > 0) this.closed.push(this.current);
    this.current = this.startMinute(at);
  }

  private startMinute(at: number): UsageCounts {
    const now = this.clock.now();
    const startsAt = startOf('minute', now).getTime();
    this.endsAt = at + startsAt + MINUTE_MS - now.getTime();
    return new UsageCounts(startsAt, this.options.maxRows, this.senders);
  }
}
