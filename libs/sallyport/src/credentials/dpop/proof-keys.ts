import type { KeyObject } from 'node:crypto';
import type { SigningAlgorithm } from '../../signing-keys/signing-key.js';

const MAX_KEYS = 10_000;
const MAX_HEADER_LENGTH = 1024;

/** A key, and the header under which it signed last: whoever writes proofs writes the same each time. */
export interface ProofKey {
  readonly key: KeyObject;
  readonly algorithm: SigningAlgorithm;
  /** As it was written, base64url; null for one that is too long to be kept. */
  readonly header: string | null;
}

/**
 * Keys of proofs that were right before, by RFC 7638 thumbprint: to read one costs nearly half of what a signature
 * costs. Bounded; the one that came first is forgotten first. Only keys that a token is bound to come in here.
 */
export class ProofKeys {
  private readonly keys = new Map<string, ProofKey>();

  get(thumbprint: string): ProofKey | null {
    return this.keys.get(thumbprint) ?? null;
  }

  set(thumbprint: string, key: ProofKey): void {
    if (!this.keys.has(thumbprint) && this.keys.size >= MAX_KEYS) {
      const [oldest] = this.keys.keys();
      if (oldest !== undefined) this.keys.delete(oldest);
    }
    const isLong = (key.header?.length ?? 0) > MAX_HEADER_LENGTH;
    this.keys.set(thumbprint, isLong ? { ...key, header: null } : key);
  }
}
