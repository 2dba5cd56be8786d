import { authenticate, type TokenClient } from './authenticate.js';
import { ClientError } from './client-error.js';
import type { CryptoKeyPair } from './crypto-provider.js';
import { dpopProof } from './dpop.js';
import type { Parts } from './parts.js';
import { ProblemError } from './problem-error.js';
import { secureUrl } from './secure-url.js';
import type { StoredTokens } from './token-storage.js';
import { discard } from './transport.js';

const TIMEOUT_MS = 30_000;

export class TokenEndpoint {
  private readonly url: URL;

  constructor(
    private readonly client: TokenClient,
    private readonly parts: Parts,
  ) {
    this.url = secureUrl(client.tokenEndpoint, 'tokenEndpoint');
  }

  /** Rejects with a ProblemError for what is refused, and with ERR_TOKEN_RESPONSE for what is no token to be used. */
  async ask(
    parameters: Readonly<Record<string, string>>,
    dpopKeys: CryptoKeyPair | null,
  ): Promise<StoredTokens> {
    const { patience, serverTime } = this.parts;
    const request = { method: 'POST', headers: new Headers() };
    const response = await patience.send(request, async () => {
      const first = await this.once(parameters, dpopKeys);
      const isRefused = [400, 401].includes(first.response.status);
      const isCorrected = isRefused && this.isDated(dpopKeys) && serverTime.learn(first.response);
      let asked = first;
      if (isCorrected || first.wantsNonce) asked = await this.again(first, parameters, dpopKeys);
      // A nonce is asked for of those who are known; an endless challenge is not answered.
      if (asked.wantsNonce && !first.wantsNonce)
        asked = await this.again(asked, parameters, dpopKeys);
      return asked.response;
    });
    if (!response.ok) throw await ProblemError.of(response);
    return this.tokensIn(await response.json().catch(() => null), dpopKeys);
  }

  private async again(
    refused: { readonly response: Response },
    ...rest: Parameters<TokenEndpoint['once']>
  ) {
    discard(refused.response);
    return this.once(...rest);
  }

  private async once(
    parameters: Readonly<Record<string, string>>,
    dpopKeys: CryptoKeyPair | null,
  ): Promise<{ readonly response: Response; readonly wantsNonce: boolean }> {
    const { send, crypto, nonces, serverTime } = this.parts;
    const { url } = this;
    const headers = new Headers();
    if (dpopKeys !== null) {
      const nonce = nonces.of(url);
      const proof = { method: 'POST', url, accessToken: null, nonce, now: serverTime.now() };
      headers.set('dpop', await dpopProof(crypto, dpopKeys, proof));
    }
    const body = new URLSearchParams(parameters);
    await authenticate(crypto, this.client, { headers, body, now: serverTime.now() });
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await send(url, {
      method: 'POST',
      headers,
      body,
      signal,
      credentials: 'omit',
    });
    const wantsNonce = (await nonces.note(url, response)) && dpopKeys !== null;
    return { response, wantsNonce };
  }

  private isDated(dpopKeys: CryptoKeyPair | null): boolean {
    return dpopKeys !== null || this.client.clientKey !== undefined;
  }

  /** RFC 6749 §5.1. */
  private tokensIn(body: unknown, dpopKeys: CryptoKeyPair | null): StoredTokens {
    const {
      access_token: accessToken,
      refresh_token: refreshToken,
      expires_in: seconds,
      token_type: type,
    } = (body ?? {}) as Readonly<Record<string, unknown>>;
    // RFC 6749 §7.1. A bearer token in answer to a proof (RFC 9449 §5) would be worth something to a thief.
    const wanted = dpopKeys === null ? 'bearer' : 'dpop';
    const isWanted = typeof type === 'string' && type.toLowerCase() === wanted;
    if (typeof accessToken !== 'string' || accessToken === '' || !isWanted) {
      throw new ClientError('ERR_TOKEN_RESPONSE', `the token endpoint gave no ${wanted} token`);
    }
    const hasEnd = typeof seconds === 'number' && seconds >= 0;
    return {
      accessToken,
      refreshToken: typeof refreshToken === 'string' ? refreshToken : null,
      expiresAt: hasEnd ? this.parts.time.now() + seconds * 1000 : null,
      dpopKeys,
    };
  }
}
