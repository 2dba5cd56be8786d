import { hash } from 'node:crypto';
import type { DecryptionKey } from '../../encryption/compact-jwe.js';
import type { Verified } from '../verified.js';
import type { VerifiedAccessToken } from '../verified-access-token.js';
import type { VerificationKey } from './keys/verification-keys.js';

/** Our key that opened a token, and the name it is found by. */
export interface OpeningKey {
  readonly kid: string;
  readonly key: DecryptionKey;
}

/** What verifying a token gave, without what must be asked at every request: time and revocation. */
export interface BelievedToken {
  /** What was made of it, so that a token seen before is found by one look. */
  verified: Verified | null;
  /** Seconds since 1970: the latest of what the token says it began at. Whole ones take no memory of their own. */
  readonly startsAt: number;
  /** Seconds since 1970. */
  readonly endsAt: number;
  readonly key: VerificationKey;
  /** What an encrypted one was opened with. */
  readonly openedWith: OpeningKey | null;
  /** As it is configured: a text that all tokens share. */
  readonly issuer: string;
  readonly token: VerifiedAccessToken;
}

/**
 * Signature results and claims of tokens seen before, by SHA-256 of the whole token: never its text. Bounded, in two
 * generations: what was not used while half the capacity came in is forgotten. A hit in the younger one, as most are,
 * writes nothing.
 */
export class VerifiedTokenCache {
  private young = new Map<string, BelievedToken>();
  private old = new Map<string, BelievedToken>();
  private readonly perGeneration: number;

  constructor(capacity: number) {
    this.perGeneration = Math.ceil(capacity / 2);
  }

  get(name: string): BelievedToken | null {
    const young = this.young.get(name);
    if (young !== undefined) return young;
    const old = this.old.get(name);
    if (old === undefined) return null;
    this.set(name, old);
    return old;
  }

  set(name: string, entry: BelievedToken): void {
    if (this.perGeneration === 0) return;
    if (this.young.size >= this.perGeneration && !this.young.has(name)) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(name, entry);
  }

  delete(name: string): void {
    this.young.delete(name);
    this.old.delete(name);
  }
}

/** By what a token is known here: not invertible, and one for each spelling. */
export const nameOfToken = (text: string): string => hash('sha256', text, 'binary');
