import { authenticate, type TokenClient } from './authenticate.js';
import { ClientError } from './client-error.js';
import type { CryptoKeyPair, CryptoProvider } from './crypto-provider.js';
import { dpopProof, type DpopNonces } from './dpop.js';
import type { Patience } from './patience.js';
import { ProblemError } from './problem-error.js';
import { secureUrl } from './secure-url.js';
import type { ServerTime } from './server-time.js';
import { discard, type Fetch } from './transport.js';

/** RFC 6749 §5.1, as far as it is used. */
export interface Grant {
  readonly accessToken: string;
  readonly refreshToken: string | null;
  readonly expiresInSeconds: number | null;
}

/** What all requests of one client share. */
export interface Parts {
  readonly send: Fetch;
  readonly crypto: CryptoProvider;
  readonly nonces: DpopNonces;
  readonly serverTime: ServerTime;
  readonly patience: Patience;
}

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
  ): Promise<Grant> {
    const { patience, serverTime } = this.parts;
    const request = { method: 'POST', headers: new Headers() };
    const response = await patience.send(request, async () => {
      let asked = await this.once(parameters, dpopKeys);
      if (asked.wantsNonce) asked = await this.again(asked.response, parameters, dpopKeys);
      const isRefused = [400, 401].includes(asked.response.status);
      if (isRefused && this.isDated(dpopKeys) && serverTime.learn(asked.response)) {
        asked = await this.again(asked.response, parameters, dpopKeys);
      }
      return asked.response;
    });
    if (!response.ok) throw await ProblemError.of(response);
    return grantIn(await response.json().catch(() => null), dpopKeys !== null);
  }

  private async again(refused: Response, ...rest: Parameters<TokenEndpoint['once']>) {
    discard(refused);
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
}

function grantIn(body: unknown, isBound: boolean): Grant {
  const {
    access_token: accessToken,
    refresh_token: refreshToken,
    expires_in: expiresIn,
    token_type: type,
  } = (body ?? {}) as Readonly<Record<string, unknown>>;
  // RFC 6749 §7.1. A bearer token in answer to a proof (RFC 9449 §5) would be worth something to a thief.
  const isOfType = typeof type === 'string' && type.toLowerCase() === (isBound ? 'dpop' : 'bearer');
  if (typeof accessToken !== 'string' || accessToken === '' || !isOfType) {
    const wanted = isBound ? 'token that is bound to the key' : 'bearer token';
    throw new ClientError('ERR_TOKEN_RESPONSE', `the token endpoint answered without a ${wanted}`);
  }
  return {
    accessToken,
    refreshToken: typeof refreshToken === 'string' ? refreshToken : null,
    expiresInSeconds: typeof expiresIn === 'number' && expiresIn >= 0 ? expiresIn : null,
  };
}
