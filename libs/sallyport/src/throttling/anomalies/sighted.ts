import type { History } from './history.js';

interface SightedOf {
  readonly clientId: string;
  /** API key id or `jti`; null where it has none: then it is counted by its client. */
  readonly credentialId: string | null;
  /** Of its client. */
  readonly history: History;
  /** Since when: what began before everything was forgotten is looked up anew. */
  readonly era: number;
}

/**
 * What is remembered of one credential: where it was used from within the last window. Holds no more addresses than are
 * needed to judge.
 */
export class Sighted implements SightedOf {
  // What every request asks comes first, in one line of memory.
  readonly era: number;
  readonly history: History;
  private last = '';
  /** In whole seconds, which as a number takes no memory of its own. */
  private endsAt = 0;
  private blocks: Set<string> | null = null;
  private isTold = false;
  readonly clientId: string;
  readonly credentialId: string | null;

  constructor({ clientId, credentialId, history, era }: SightedOf) {
    this.era = era;
    this.history = history;
    this.clientId = clientId;
    this.credentialId = credentialId;
  }

  /** How many address blocks it is by now, the first time that they are more than `limit` in this window; else null. */
  use(
    block: string,
    now: number,
    { limit, windowSeconds }: { limit: number; windowSeconds: number },
  ): number | null {
    // The usual case: from where it came before.
    const seconds = Math.floor(now / 1000);
    if (block === this.last && seconds < this.endsAt) return null;
    this.blocks ??= new Set();
    if (seconds >= this.endsAt || seconds < this.endsAt - windowSeconds) {
      this.blocks.clear();
      this.endsAt = seconds + windowSeconds;
      this.isTold = false;
    }
    this.last = block;
    if (this.blocks.size <= limit) this.blocks.add(block);
    if (this.isTold || this.blocks.size <= limit) return null;
    this.isTold = true;
    return this.blocks.size;
  }
}
