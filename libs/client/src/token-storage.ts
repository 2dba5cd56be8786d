import type { CryptoKeyPair } from './crypto-provider.js';

/** Tokens, and the key that they are bound to. */
export interface StoredTokens {
  readonly accessToken: string;
  readonly refreshToken: string | null;
  /** Milliseconds since 1970, by this machine's clock; null: not known, and only a refusal tells. */
  readonly expiresAt: number | null;
  /** Null: bearer tokens. IndexedDB keeps such a pair without being able to read it. */
  readonly dpopKeys: CryptoKeyPair | null;
}

/** Where tokens are kept. */
export abstract class TokenStorage {
  private last: Promise<unknown> = Promise.resolve();

  abstract read(): Promise<StoredTokens | null>;
  /** Null: the user signs out. */
  abstract write(tokens: StoredTokens | null): Promise<void>;

  /**
   * Does the work while nobody else does: tokens are renewed by one at a time, and others find the new ones. This one holds for
   * those who share the object; storage that tabs or processes share needs a lock that they share.
   */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work);
    this.last = turn.catch(() => undefined);
    return turn;
  }
}

/** Until the page or the process ends. */
export class MemoryTokenStorage extends TokenStorage {
  constructor(private tokens: StoredTokens | null = null) {
    super();
  }

  read(): Promise<StoredTokens | null> {
    return Promise.resolve(this.tokens);
  }

  write(tokens: StoredTokens | null): Promise<void> {
    this.tokens = tokens;
    return Promise.resolve();
  }
}
