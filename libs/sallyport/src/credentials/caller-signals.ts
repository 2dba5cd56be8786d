import { getEventListeners } from 'node:events';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Clock } from '../clock.js';
import { SallyportError } from '../errors.js';
import type { Caller } from '../principals/caller.js';
import { RevocationReplica } from '../revocation/replica/revocation.replica.js';
import { CallerStanding } from './caller-standing.js';
import type { Verified } from './verified.js';

const SWEEP_MILLISECONDS = 30_000;
const AGAIN_MILLISECONDS = 1000;
/** Signals held for whoever may have made others of them; beyond that only for their own listeners. */
const MAX_HELD = 10_000;
const LONGEST_TIMER_MILLISECONDS = 2 ** 31 - 1;

/** One caller whose signal was asked for. */
interface Watch {
  readonly caller: Caller;
  readonly verified: readonly Verified[];
  readonly hashes: readonly number[];
  readonly signal: WeakRef<AbortSignal>;
  /** While anyone listens: a signal that only its listeners know would be forgotten, and they with it. */
  held: AbortSignal | null;
  /** Whether it ends by itself: then it may be held until it does, whoever listens to what was made of it. */
  expires: boolean;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Tells those who hold something open that their caller may no longer: `caller.signal`. Nothing is kept for callers
 * whose signal nobody asks for, and nothing for signals that nobody holds or listens to any more.
 */
@Injectable()
export class CallerSignals implements BeforeApplicationShutdown {
  /** Weakly both ways: what is watched knows its caller. */
  private readonly signals = new WeakMap<Caller, WeakRef<AbortSignal>>();
  private readonly controllers = new WeakMap<AbortSignal, AbortController>();
  private readonly byHash = new Map<number, Set<Watch>>();
  private readonly watches = new Set<Watch>();
  private sweeping: NodeJS.Timeout | undefined;

  constructor(
    private readonly standing: CallerStanding,
    private readonly clock: Clock,
    @Inject(RevocationReplica) replica: Pick<RevocationReplica, 'listen'>,
  ) {
    replica.listen((hash) => {
      for (const watch of this.byHash.get(hash) ?? []) void this.look(watch);
    });
  }

  /** How many are watched now. */
  get size(): number {
    return this.watches.size;
  }

  /** The same signal for as long as the caller is the same. */
  of(caller: Caller, verified: readonly Verified[]): AbortSignal {
    const known = this.signals.get(caller)?.deref();
    if (known !== undefined) return known;
    const controller = new AbortController();
    const { signal } = controller;
    const ref = new WeakRef(signal);
    this.signals.set(caller, ref);
    this.controllers.set(signal, controller);
    this.watch(caller, verified, ref);
    return signal;
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.sweeping);
    for (const watch of this.watches) this.release(watch);
  }

  private watch(caller: Caller, verified: readonly Verified[], signal: WeakRef<AbortSignal>): void {
    const hashes = this.standing.hashesOf(caller, verified);
    const held = signal.deref() ?? null;
    const watch: Watch = {
      caller,
      verified,
      hashes,
      signal,
      held,
      expires: false,
      timer: undefined,
    };
    if (held !== null) holdWhenListenedTo(held, watch);
    this.watches.add(watch);
    for (const hash of hashes) {
      const others = this.byHash.get(hash) ?? new Set();
      this.byHash.set(hash, others.add(watch));
    }
    this.sweeping ??= setInterval(() => {
      this.sweep();
    }, SWEEP_MILLISECONDS).unref();
    // Whatever was told while it was verified, and when it expires.
    void this.look(watch);
  }

  /** Aborts if the caller would be refused now, or may do less than it could; else looks again when it expires. */
  private async look(watch: Watch): Promise<void> {
    try {
      const endsAt = await this.standing.assertStands(watch.caller, watch.verified);
      watch.expires = Number.isFinite(endsAt);
      this.lookLater(watch, endsAt - this.clock.milliseconds());
    } catch (error) {
      const isAway = error instanceof SallyportError && error.problem.status === 503;
      if (isAway) this.lookLater(watch, AGAIN_MILLISECONDS);
      else this.abort(watch, error);
    }
  }

  private lookLater(watch: Watch, milliseconds: number): void {
    if (!this.watches.has(watch)) return;
    clearTimeout(watch.timer);
    if (!Number.isFinite(milliseconds)) return;
    const wait = Math.min(Math.max(milliseconds, 1), LONGEST_TIMER_MILLISECONDS);
    watch.timer = setTimeout(() => void this.look(watch), wait).unref();
  }

  private abort(watch: Watch, reason: unknown): void {
    const signal = watch.signal.deref();
    this.release(watch);
    if (signal !== undefined) this.controllers.get(signal)?.abort(reason);
  }

  private sweep(): void {
    for (const watch of this.watches) {
      const signal = watch.signal.deref();
      if (signal === undefined) this.release(watch);
      else watch.held = this.isWanted(watch, signal) ? signal : null;
    }
  }

  /** `AbortSignal.any` leaves no trace at the signals that it is made of. */
  private isWanted({ expires }: Watch, signal: AbortSignal): boolean {
    return (expires && this.watches.size <= MAX_HELD) || isListenedTo(signal);
  }

  private release(watch: Watch): void {
    clearTimeout(watch.timer);
    watch.held = null;
    this.watches.delete(watch);
    for (const hash of watch.hashes) {
      const others = this.byHash.get(hash);
      others?.delete(watch);
      if (others?.size === 0) this.byHash.delete(hash);
    }
  }
}

/** The garbage collector knows nothing of listeners, and must not come before the next sweep. */
function holdWhenListenedTo(signal: AbortSignal, watch: Watch): void {
  Object.defineProperty(signal, 'addEventListener', {
    value(this: AbortSignal, ...given: Parameters<AbortSignal['addEventListener']>) {
      watch.held = this;
      AbortSignal.prototype.addEventListener.apply(this, given);
    },
  });
}

const isListenedTo = (signal: AbortSignal): boolean =>
  signal.onabort !== null || getEventListeners(signal, 'abort').length > 0;
