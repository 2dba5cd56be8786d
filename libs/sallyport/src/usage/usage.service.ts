import { Inject, Injectable } from '@nestjs/common';
import { SallyportError } from '../errors.js';
import { invalidInput } from '../input.js';
import type { UserId } from '../users/user.js';
import { UsageMeter } from './counting/usage-meter.js';
import { cursorOf, type UsageQuery, type UsageTotal } from './usage-query.js';
import { USAGE_OPTIONS, type ResolvedUsageOptions } from './usage.options.js';
import { UsageStore } from './usage.store.js';
import { countBetween, endOf, startOf, type ClientUse } from './usage.js';
import { UsageFlusher } from './writing/usage-flusher.js';

/** Minutes, hours or days that one question may be about. */
const MAX_PERIODS = 10_000;
const ERASED_PER_STATEMENT = 500;
const EXPORT_PAGE = 1000;

/** What this instance holds back or has simplified. */
export interface UsageReport {
  /** Rows that are not written yet. */
  readonly waitingRows: number;
  /** Calls that were counted under `(other)` in some dimension since the start. */
  readonly foldedCalls: number;
}

/** Asks what was counted. */
@Injectable()
export class UsageService {
  constructor(
    private readonly store: UsageStore,
    private readonly meter: UsageMeter,
    private readonly flusher: UsageFlusher,
    @Inject(USAGE_OPTIONS) private readonly options: ResolvedUsageOptions,
  ) {}

  /**
   * One page, by start and then by group. `from` and `to` are widened to whole minutes, hours or days (UTC).
   * Throws ERR_NOT_FOUND where usage is switched off, ERR_INPUT_INVALID for a range that is empty or too long.
   */
  async query(asked: UsageQuery): Promise<readonly UsageTotal[]> {
    return this.store.query(this.checked(asked));
  }

  /** The range in whole minutes, hours or days (UTC): what an answer covers. */
  coverage({ granularity, from, to }: Pick<UsageQuery, 'granularity' | 'from' | 'to'>) {
    return { from: startOf(granularity, from), to: endOf(granularity, to) };
  }

  /** Every page of it, one after the other; `limit` is ours. */
  async *pages(asked: UsageQuery): AsyncGenerator<readonly UsageTotal[]> {
    let query = this.checked({ ...asked, limit: EXPORT_PAGE });
    for (;;) {
      const page = await this.store.query(query);
      yield page;
      const last = page.at(-1);
      if (last === undefined || page.length < EXPORT_PAGE) return;
      query = { ...query, after: cursorOf(last) };
    }
  }

  /** When a client was last let in, on any instance, as of the last flush; null if it never was. */
  lastUseOfClient(clientId: string): Promise<ClientUse | null> {
    return this.store.clientUse(clientId);
  }

  /**
   * Takes a user out of all rows; their counts stay, under `(erased)`. What other instances have in memory is written
   * within `flushSeconds`, so end the user's access first and ask again after that. Returns how many rows it changed.
   */
  async eraseUser(user: UserId): Promise<number> {
    await this.flusher.flush();
    let erased = 0;
    for (;;) {
      const changed = await this.store.eraseUser(user, ERASED_PER_STATEMENT);
      erased += changed;
      if (changed < ERASED_PER_STATEMENT) return erased;
    }
  }

  /** Writes what this instance has counted so far. */
  flush(): Promise<void> {
    return this.flusher.flush();
  }

  report(): UsageReport {
    const { rows, folded } = this.flusher.waiting;
    return { waitingRows: rows, foldedCalls: this.meter.folded + folded };
  }

  private checked(asked: UsageQuery): UsageQuery {
    if (!this.options.isOn) {
      throw new SallyportError('ERR_NOT_FOUND', {
        reason: 'usage is switched off',
        detail: 'Usage is not recorded here.',
      });
    }
    const { granularity } = asked;
    if (!(asked.from < asked.to)) throw invalidInput('to must be after from');
    const { from, to } = this.coverage(asked);
    if (countBetween(granularity, from, to) > MAX_PERIODS) {
      throw invalidInput(`from and to must be at most ${MAX_PERIODS} ${granularity}s apart`);
    }
    return { ...asked, from, to };
  }
}
