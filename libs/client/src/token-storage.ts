import type { CryptoKeyPair } from './crypto-provider.js';

/** Tokens, and the key that they are bound to. */
export interface StoredTokens {
  readonly accessToken: string;
  readonly refreshToken: string | null;
  /** Milliseconds since 1970; null: not known, and only a refusal tells. */
  readonly expiresAt: number | null;
  /** Null: bearer tokens. IndexedDB keeps such a pair without being able to read it. */
  readonly dpopKeys: CryptoKeyPair | null;
}

/** Where tokens are kept. */
export abstract class TokenStorage {
  abstract read(): Promise<StoredTokens | null>;
  abstract write(tokens: StoredTokens): Promise<void>;
}

/** Until the page or the process ends. */
export class MemoryTokenStorage extends TokenStorage {
  constructor(private tokens: StoredTokens | null = null) {
    super();
  }

  read(): Promise<StoredTokens | null> {
    return Promise.resolve(this.tokens);
  }

  write(tokens: StoredTokens): Promise<void> {
    this.tokens = tokens;
    return Promise.resolve();
  }
}
