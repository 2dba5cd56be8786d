import type { TokenClient } from './authenticate.js';
import { ClientError } from './client-error.js';
import type { Parts } from './parts.js';
import { ProblemError } from './problem-error.js';
import { TokenEndpoint } from './token-endpoint.js';
import { MemoryTokenStorage, type StoredTokens, type TokenStorage } from './token-storage.js';

/** Whose tokens are carried: those of a user, which the app got by a login; or the client's own. */
export interface TokenOptions {
  /** @default memory, empty */
  readonly storage?: TokenStorage;
  /** How a user's tokens are refreshed (RFC 6749 §6). @default they are not */
  readonly refresh?: TokenClient;
  /** How the client gets tokens of its own (RFC 6749 §4.4), bound to a key that it makes (RFC 9449). @default it does not */
  readonly clientCredentials?: TokenClient & { readonly scope?: string };
}

/** A token this near its end might not arrive before it. */
const MARGIN_MS = 30_000;

/** The tokens of one client; however many requests find them ended, they are renewed once. */
export class AccessTokens {
  private readonly storage: TokenStorage;
  private readonly endpoint: TokenEndpoint | null;
  private renewing: Promise<StoredTokens> | null = null;

  constructor(
    private readonly options: TokenOptions,
    private readonly parts: Parts,
  ) {
    const { storage = new MemoryTokenStorage(), refresh, clientCredentials } = options;
    if (refresh !== undefined && clientCredentials !== undefined) {
      throw new TypeError("tokens are a user's, or the client's own");
    }
    const client = refresh ?? clientCredentials;
    this.storage = storage;
    this.endpoint = client === undefined ? null : new TokenEndpoint(client, parts);
  }

  /** Rejects with ERR_NO_TOKEN when none is stored, and with a ProblemError when a new one is refused. */
  async current(): Promise<StoredTokens> {
    const tokens = await this.storage.read();
    if (tokens === null) return this.after(null);
    const left = (tokens.expiresAt ?? Infinity) - this.parts.time.now();
    if (left > MARGIN_MS || !this.canRenew(tokens)) return tokens;
    // One that is still good does while the token endpoint is away.
    return left > 0 ? this.after(tokens).catch(() => tokens) : this.after(tokens);
  }

  canRenew({ refreshToken }: StoredTokens): boolean {
    return this.options.refresh === undefined ? this.endpoint !== null : refreshToken !== null;
  }

  /** What follows these tokens: another request may have renewed them already. */
  after(used: StoredTokens | null): Promise<StoredTokens> {
    this.renewing ??= this.storage
      .exclusively(() => this.renewedUnlessNewer(used))
      .finally(() => {
        this.renewing = null;
      });
    return this.renewing;
  }

  private async renewedUnlessNewer(used: StoredTokens | null): Promise<StoredTokens> {
    const tokens = await this.storage.read();
    if (tokens !== null && tokens.accessToken !== used?.accessToken) return tokens;
    const { clientCredentials } = this.options;
    if (clientCredentials === undefined) return this.refreshed(tokens);
    const { scope } = clientCredentials;
    const grant = { grant_type: 'client_credentials', ...(scope !== undefined && { scope }) };
    const dpopKeys = tokens?.dpopKeys ?? (await this.parts.crypto.generateKeyPair());
    return this.asked(grant, dpopKeys, tokens);
  }

  private async refreshed(tokens: StoredTokens | null): Promise<StoredTokens> {
    const { refreshToken = null, dpopKeys = null } = tokens ?? {};
    if (tokens === null || refreshToken === null) throw noToken();
    try {
      const grant = { grant_type: 'refresh_token', refresh_token: refreshToken };
      return await this.asked(grant, dpopKeys, tokens);
    } catch (error) {
      if (!(error instanceof ProblemError) || error.code !== 'invalid_grant') throw error;
      // Shown once more, a token that was spent would end its whole family (RFC 9700 §4.14.2).
      const ended = { ...tokens, refreshToken: null };
      const stored = await this.replaced(tokens, ended);
      if (stored === ended) throw error;
      return stored;
    }
  }

  private async asked(
    grant: Readonly<Record<string, string>>,
    dpopKeys: StoredTokens['dpopKeys'],
    tokens: StoredTokens | null,
  ): Promise<StoredTokens> {
    if (this.endpoint === null) throw noToken();
    const given = await this.endpoint.ask(grant, dpopKeys);
    const refreshToken = given.refreshToken ?? tokens?.refreshToken ?? null;
    return this.replaced(tokens, { ...given, refreshToken });
  }

  /** What is stored then: not these where somebody else wrote meanwhile, who signed out or in, or renewed without asking for a turn. */
  private async replaced(old: StoredTokens | null, by: StoredTokens): Promise<StoredTokens> {
    const stored = await this.storage.read();
    if (stored === null && old !== null) throw noToken();
    if (stored !== null && stored.accessToken !== old?.accessToken) return stored;
    await this.storage.write(by);
    return by;
  }
}

const noToken = (): ClientError => new ClientError('ERR_NO_TOKEN', 'there is no token');
