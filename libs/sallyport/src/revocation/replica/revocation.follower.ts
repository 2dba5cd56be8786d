import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock } from '../../clock.js';
import { RevocationList } from '../revocation.list.js';
import { noticeOf, type RevocationNotice } from '../revocation-notice.js';
import { RevocationStore, type RevocationCursor } from '../revocation.store.js';
import type { RevocationChange } from '../revocation.js';
import { RevocationReplica } from './revocation.replica.js';
import { RevocationStatus, type RevocationSource } from './revocation.status.js';

const TURN_MILLISECONDS = 250;
const PAGE = 5000;
const EVER = new Date(0);
/** Clocks are put right by less all the time; marks outlive what they end by more (`clockSkewSeconds`, twice). */
const CLOCK_STEP_MILLISECONDS = 10_000;
const LOG_EVERY_MILLISECONDS = 60_000;

/**
 * Keeps the replica whole: hears what instances tell each other, reads all of the durable store before the app listens,
 * and four times a second what was committed since, so that nothing that was not told is missing for longer.
 */
@Injectable()
export class RevocationFollower implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Revocation');
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private queued: Promise<void> | undefined;
  private stopHearing: () => void = () => undefined;
  private cursor: RevocationCursor | null = null;
  private isClosing = false;
  private loggedAt = -Infinity;

  constructor(
    private readonly replica: RevocationReplica,
    private readonly store: RevocationStore,
    private readonly list: RevocationList,
    private readonly status: RevocationStatus,
    private readonly clock: Clock,
  ) {}

  /** Until the replica is whole nobody is let in, even if the store is away now. */
  async onApplicationBootstrap(): Promise<void> {
    // Before the first reading: what is told meanwhile is not told again.
    this.stopHearing = this.list.follow({
      heard: (notices) => {
        this.apply(notices, 'stream');
      },
      missed: () => {
        this.status.hears('stream');
        void this.turn();
      },
      lost: () => {
        this.status.hears('poll');
      },
    });
    await this.turn();
    this.timer = setInterval(() => {
      if (this.running === undefined) void this.turn();
    }, TURN_MILLISECONDS);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isClosing = true;
    clearInterval(this.timer);
    this.stopHearing();
    await Promise.all([this.running, this.queued]);
  }

  /** Reads all that was committed before the call. Never throws. Concurrent calls share a turn. */
  turn(): Promise<void> {
    if (this.running === undefined) {
      this.running = this.catchUp()
        .catch((error: unknown) => {
          this.complain(error);
        })
        .finally(() => {
          this.running = undefined;
        });
      return this.running;
    }
    this.queued ??= this.running.then(() => {
      this.queued = undefined;
      return this.turn();
    });
    return this.queued;
  }

  private async catchUp(hasStartedOver = false): Promise<void> {
    if (this.cursor === null) await this.readAll();
    const askedAt = this.clock.milliseconds();
    // The clock was far ahead: what was swept as over then may count again.
    if (this.replica.completeAt - askedAt > CLOCK_STEP_MILLISECONDS) await this.readAll();
    while (!this.isClosing) {
      const read = this.cursor === null ? null : await this.store.changesSince(this.cursor, PAGE);
      if (read === null) {
        if (hasStartedOver) throw new Error('the store has changed again');
        return this.startOver();
      }
      this.apply(read.changes.map(noticeOf), 'poll');
      this.cursor = read.cursor;
      if (!read.isComplete) continue;
      this.replica.completeAt = askedAt;
      // By the same clock: if that was ahead, the next turn finds it, and reads again what was dropped too early.
      this.replica.sweep(askedAt);
      return;
    }
  }

  /** The server that counted is gone, and with it the way to ask for what happened since. */
  private startOver(): Promise<void> {
    this.cursor = null;
    this.replica.forgetRecords();
    return this.catchUp(true);
  }

  private async readAll(): Promise<void> {
    const cursor = await this.store.position();
    let after: string | null = null;
    while (!this.isClosing) {
      const page: readonly RevocationChange[] = await this.store.changedSince(EVER, after, PAGE);
      for (const change of page) this.replica.apply(noticeOf(change));
      after = page.at(-1)?.key ?? null;
      if (page.length < PAGE) break;
    }
    this.cursor = cursor;
  }

  private apply(notices: readonly RevocationNotice[], source: RevocationSource): void {
    for (const notice of notices) {
      if (this.replica.apply(notice)) this.status.arrived(source, notice.changedAt);
    }
  }

  private complain(error: unknown): void {
    const now = this.clock.milliseconds();
    if (Math.abs(now - this.loggedAt) < LOG_EVERY_MILLISECONDS) return;
    this.loggedAt = now;
    const reason = error instanceof Error ? error.message : String(error);
    this.logger.warn(`cannot read what was revoked, will try again: ${reason}`);
  }
}
