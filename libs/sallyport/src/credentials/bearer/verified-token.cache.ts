import { hash } from 'node:crypto';
import type { VerifiedAccessToken } from '../verified-access-token.js';
import type { VerificationKey } from './keys/verification-keys.js';

/** What verifying a token gave, without what must be asked at every request: time and revocation. */
export interface BelievedToken {
  readonly token: VerifiedAccessToken;
  readonly notBefore: Date | null;
  readonly key: VerificationKey;
}

/**
 * Signature results and claims of tokens seen before, by SHA-256 of the whole token: never its text.
 * Bounded; what was used longest ago goes first.
 */
export class VerifiedTokenCache {
  private readonly entries = new Map<string, BelievedToken>();

  constructor(private readonly capacity: number) {}

  get(text: string): BelievedToken | null {
    const name = nameOf(text);
    const entry = this.entries.get(name);
    if (entry === undefined) return null;
    // A Map keeps the order of insertion, so that the first is always the one used longest ago.
    this.entries.delete(name);
    this.entries.set(name, entry);
    return entry;
  }

  set(text: string, entry: BelievedToken): void {
    this.entries.set(nameOf(text), entry);
    if (this.entries.size <= this.capacity) return;
    const [oldest] = this.entries.keys();
    if (oldest !== undefined) this.entries.delete(oldest);
  }

  delete(text: string): void {
    this.entries.delete(nameOf(text));
  }
}

const nameOf = (text: string): string => hash('sha256', text, 'base64url');
