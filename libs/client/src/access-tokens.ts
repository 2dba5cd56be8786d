import { ClientError } from './client-error.js';
import type { CryptoProvider } from './crypto-provider.js';
import { dpopProof, type DpopNonces } from './dpop.js';
import { ProblemError } from './problem-error.js';
import type { Time } from './time.js';
import type { StoredTokens, TokenStorage } from './token-storage.js';
import type { Fetch } from './transport.js';

export interface TokenOptions {
  readonly storage: TokenStorage;
  /** Where tokens are refreshed; a public client's (RFC 6749 §2.1). @default they are not */
  readonly refresh?: { readonly tokenEndpoint: string; readonly clientId: string };
}

/** A token this near its end might not arrive before it. */
const MARGIN_MS = 30_000;

/** RFC 6749 §5.1. */
interface TokenResponse {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly expires_in?: number;
}

/** The tokens of one client; however many requests find them expired, they are refreshed once. */
export class AccessTokens {
  private refreshing: Promise<StoredTokens> | null = null;

  constructor(
    private readonly options: TokenOptions,
    private readonly fetch: Fetch,
    private readonly crypto: CryptoProvider,
    private readonly nonces: DpopNonces,
    private readonly time: Time,
  ) {}

  /** Rejects with ERR_NO_TOKEN when none is stored, and with a ProblemError when a refresh is refused. */
  async current(): Promise<StoredTokens> {
    const tokens = await this.stored();
    const { expiresAt } = tokens;
    const isOld = expiresAt !== null && expiresAt - MARGIN_MS <= this.time.now();
    return isOld && this.canRefresh(tokens) ? this.after(tokens) : tokens;
  }

  canRefresh({ refreshToken }: StoredTokens): boolean {
    return refreshToken !== null && this.options.refresh !== undefined;
  }

  /** What follows these tokens: another request may have refreshed them already. */
  after(used: StoredTokens): Promise<StoredTokens> {
    this.refreshing ??= this.refreshUnlessNewer(used).finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  private async refreshUnlessNewer(used: StoredTokens): Promise<StoredTokens> {
    const tokens = await this.stored();
    return tokens.accessToken === used.accessToken ? this.refreshed(tokens) : tokens;
  }

  private async refreshed(tokens: StoredTokens): Promise<StoredTokens> {
    const response = await this.ask(tokens, true);
    if (!response.ok) {
      const problem = await ProblemError.of(response);
      // Shown once more, a token that was spent would end its whole family (RFC 9700 §4.14.2).
      if (problem.code === 'invalid_grant') await this.write({ ...tokens, refreshToken: null });
      throw problem;
    }
    const body = (await response.json()) as TokenResponse;
    return this.write({
      accessToken: body.access_token,
      refreshToken: body.refresh_token ?? tokens.refreshToken,
      expiresAt: body.expires_in === undefined ? null : this.time.now() + body.expires_in * 1000,
      dpopKeys: tokens.dpopKeys,
    });
  }

  private async ask(tokens: StoredTokens, mayAskAgain: boolean): Promise<Response> {
    const { refresh } = this.options;
    const { refreshToken, dpopKeys } = tokens;
    if (refresh === undefined || refreshToken === null) throw noToken();
    const url = new URL(refresh.tokenEndpoint);
    const headers = new Headers();
    if (dpopKeys !== null) {
      const nonce = this.nonces.of(url);
      const proof = { method: 'POST', url, accessToken: null, nonce, now: this.time.now() };
      headers.set('dpop', await dpopProof(this.crypto, dpopKeys, proof));
    }
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      client_id: refresh.clientId,
    });
    const response = await this.fetch(url, { method: 'POST', headers, body });
    const wantsNonce = (await this.nonces.note(url, response)) && dpopKeys !== null;
    return wantsNonce && mayAskAgain ? this.ask(tokens, false) : response;
  }

  private async write(tokens: StoredTokens): Promise<StoredTokens> {
    await this.options.storage.write(tokens);
    return tokens;
  }

  private async stored(): Promise<StoredTokens> {
    const tokens = await this.options.storage.read();
    if (tokens === null) throw noToken();
    return tokens;
  }
}

const noToken = (): ClientError => new ClientError('ERR_NO_TOKEN', 'there is no token');
