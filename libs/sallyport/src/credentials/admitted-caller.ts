import type { AuthorityLegs, Caller } from '../principals/caller.js';
import { NotedCaller } from '../principals/per-caller.js';
import type { CallerSignals } from './caller-signals.js';
import type { Verified } from './verified.js';

/**
 * A caller that was let in. All have one shape: with an accessor of its own each would be of another to the engine, and
 * to read one would cost what looking into a dictionary costs.
 */
export class AdmittedCaller extends NotedCaller implements Caller {
  // What every request asks comes first, in one line of memory with its notes.
  readonly client: Caller['client'];
  readonly confirmation: Caller['confirmation'];
  readonly user: Caller['user'];
  readonly scope: Caller['scope'];
  readonly roles: Caller['roles'];
  readonly claims: Caller['claims'];
  readonly credentials: Caller['credentials'];
  readonly legs: AuthorityLegs;
  readonly #verified: readonly Verified[];
  readonly #signals: CallerSignals;

  constructor(
    parts: Omit<Caller, 'signal'>,
    verified: readonly Verified[],
    signals: CallerSignals,
  ) {
    super();
    this.client = parts.client;
    this.user = parts.user;
    this.scope = parts.scope;
    this.roles = parts.roles;
    this.claims = parts.claims;
    this.confirmation = parts.confirmation;
    this.credentials = parts.credentials;
    this.legs = parts.legs;
    this.#verified = verified;
    this.#signals = signals;
    Object.freeze(this);
  }

  /** What a caller came with; nothing of one that was not let in here. */
  static credentialsOf(caller: Caller): readonly Verified[] {
    return #verified in caller ? caller.#verified : [];
  }

  /** Not among what is copied or written down with a caller: to read it is to ask for it. */
  get signal(): AbortSignal {
    return this.#signals.of(this, this.#verified);
  }
}
