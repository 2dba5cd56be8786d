import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../clock.js';
import { EphemeralRecordStore } from '../../ephemeral/ephemeral-record.store.js';
import { addressBlock } from '../../network/address.js';
import { Randomness } from '../../randomness.js';
import type { RateLimitState } from '../../throttling/rate-limit.js';
import { RateLimiter } from '../../throttling/rate-limiter.js';
import { SIGN_IN_OPTIONS, type ResolvedSignInOptions } from './sign-in.options.js';

/** Who tries whose password. */
export interface SignInTry {
  readonly username: string;
  /** In canonical form. */
  readonly address: string;
}

/** So many more may try at once from one address than may fail there. */
const BURST = 10;

/**
 * The pace at which passwords may be tried: by address and name together, and by address. Never by name alone: whoever
 * knows one could lock its owner out. Only failures are held against anyone; they are counted before the password is
 * looked at, so that no number of attempts at once gets more.
 */
@Injectable()
export class SignInPace {
  constructor(
    private readonly limiter: RateLimiter,
    private readonly records: EphemeralRecordStore,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
    @Inject(SIGN_IN_OPTIONS) private readonly options: ResolvedSignInOptions,
  ) {}

  /** Null when the password may be tried; else after how many seconds. Throws ERR_STORE_UNAVAILABLE. */
  async spend(attempt: SignInTry): Promise<number | null> {
    const { attempts, addressAttempts, windowSeconds } = this.options;
    const { block, pair } = namesOf(attempt);
    const [closedUntil, round] = await Promise.all([
      this.records.get('sign-in-closed', block),
      this.records.get('sign-in-round', pair),
    ]);
    if (closedUntil !== null) {
      return Math.max(1, Math.ceil((Number(closedUntil) - this.clock.now().getTime()) / 1000));
    }
    const rule = { group: `sign-in:${block}`, windowSeconds };
    const states = await this.limiter.consume([
      { ...rule, policy: 'sign-in', tracker: `${pair} ${round ?? ''}`, limit: attempts },
      { ...rule, policy: 'sign-in-burst', tracker: 'all', limit: addressAttempts * BURST },
    ]);
    return longestWait(states);
  }

  /** The name's count begins anew. */
  async succeeded(attempt: SignInTry): Promise<void> {
    const round = this.randomness.bytes(16).toString('base64url');
    const { windowSeconds } = this.options;
    await this.records.put('sign-in-round', namesOf(attempt).pair, round, windowSeconds);
  }

  /** Is held against the address too, whatever names it tries. */
  async failed(attempt: SignInTry): Promise<void> {
    const { addressAttempts, windowSeconds } = this.options;
    const { block } = namesOf(attempt);
    const [state] = await this.limiter.consume([
      {
        group: `sign-in:${block}`,
        windowSeconds,
        policy: 'sign-in-address',
        tracker: 'all',
        limit: addressAttempts,
      },
    ]);
    if (state === undefined || (state.allowed && state.remaining > 0)) return;
    const waitSeconds = Math.max(1, state.retryAfterSeconds);
    const until = this.clock.now().getTime() + waitSeconds * 1000;
    await this.records.put('sign-in-closed', block, String(until), waitSeconds);
  }
}

function longestWait(states: readonly RateLimitState[]): number | null {
  const waits = states
    .filter(({ allowed }) => !allowed)
    .map(({ retryAfterSeconds }) => retryAfterSeconds);
  return waits.length === 0 ? null : Math.max(...waits);
}

/** One for all spellings that a directory may take for the same name. A hash: names are no business of the counters. */
function namesOf({ username, address }: SignInTry): { block: string; pair: string } {
  const block = addressBlock(address);
  const name = hash('sha256', username.normalize('NFKC').trim().toLowerCase(), 'hex');
  return { block, pair: `${name} ${block}` };
}
