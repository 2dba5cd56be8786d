import type { KeyObject } from 'node:crypto';

const MAX_KEYS = 10_000;

/**
 * Keys of proofs that were right before, by RFC 7638 thumbprint: to read one costs nearly half of what a signature
 * costs. Bounded; the one that came first is forgotten first. Only keys that a token is bound to come in here.
 */
export class ProofKeys {
  private readonly keys = new Map<string, KeyObject>();

  get(thumbprint: string): KeyObject | null {
    return this.keys.get(thumbprint) ?? null;
  }

  set(thumbprint: string, key: KeyObject): void {
    if (this.keys.has(thumbprint)) return;
    if (this.keys.size >= MAX_KEYS) {
      const [oldest] = this.keys.keys();
      if (oldest !== undefined) this.keys.delete(oldest);
    }
    this.keys.set(thumbprint, key);
  }
}
