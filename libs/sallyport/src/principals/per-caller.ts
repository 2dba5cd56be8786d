import type { Caller } from './caller.js';

/** Which stage of the pipeline keeps a note. */
export type NoteOf = 'policy' | 'limits' | 'sighting';

/** A caller that carries what stages of the pipeline worked out for it. */
export abstract class NotedCaller {
  // Beside each other in the caller itself: another object would be another line of memory to wait for.
  #policy: unknown = undefined;
  #limits: unknown = undefined;
  #sighting: unknown = undefined;

  /** Whether it can be noted on it; not on a caller that was made elsewhere, by a test perhaps. @internal */
  static isNoted(caller: object): caller is NotedCaller {
    return #policy in caller;
  }

  /** @internal */
  static noteOf(caller: NotedCaller, of: NoteOf): unknown {
    switch (of) {
      case 'policy':
        return caller.#policy;
      case 'limits':
        return caller.#limits;
      case 'sighting':
        return caller.#sighting;
    }
  }

  /** @internal */
  static note(caller: NotedCaller, of: NoteOf, value: unknown): void {
    switch (of) {
      case 'policy':
        caller.#policy = value;
        break;
      case 'limits':
        caller.#limits = value;
        break;
      case 'sighting':
        caller.#sighting = value;
    }
  }
}

/**
 * What one stage worked out for a caller, and needs again with its next request. Does what a `WeakMap` does; but where
 * thousands of callers take turns, each look into one waits for memory three times.
 */
export class PerCaller<T> {
  private readonly elsewhere = new WeakMap<Caller, T>();

  constructor(private readonly of: NoteOf) {}

  get(caller: Caller): T | undefined {
    return NotedCaller.isNoted(caller)
      ? (NotedCaller.noteOf(caller, this.of) as T | undefined)
      : this.elsewhere.get(caller);
  }

  set(caller: Caller, value: T): void {
    if (NotedCaller.isNoted(caller)) NotedCaller.note(caller, this.of, value);
    else this.elsewhere.set(caller, value);
  }
}
