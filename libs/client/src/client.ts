import { AccessTokens } from './access-tokens.js';
import { bodyOf, initOf, type Body } from './body.js';
import { ClientError } from './client-error.js';
import type { ClientOptions } from './client.options.js';
import { dpopProof, DpopNonces } from './dpop.js';
import { bytesOfBase64 } from './encoding.js';
import { secondsToWait } from './retry-after.js';
import { signRequest, type SigningKey } from './sign-request.js';
import type { SignedMessage } from './signature-base.js';
import { SystemTime } from './time.js';
import type { StoredTokens } from './token-storage.js';
import { withoutRedirects } from './transport.js';
import { verifyResponse } from './verify-response.js';
import { WebCrypto } from './web-crypto.js';

/** Calls one API. */
export interface Client {
  /**
   * As fetch, but for URLs of the API's origin only and without redirects. Rejects with a ClientError for what is refused
   * here, with a ProblemError when tokens cannot be refreshed; answers of the API are never thrown (see `expectOk`).
   */
  fetch(input: string | URL, init?: RequestInit): Promise<Response>;
}

interface Outgoing {
  readonly url: URL;
  readonly method: string;
  readonly init: RequestInit;
  readonly body: Body;
}

interface Answered {
  readonly response: Response;
  readonly request: SignedMessage;
  readonly tokens: StoredTokens | null;
  readonly wantsNonce: boolean;
}

export function createClient(options: ClientOptions): Client {
  const {
    apiKey,
    signature,
    token,
    signedResponses,
    maxRetries = 2,
    maxWaitSeconds = 10,
  } = options;
  const { crypto = new WebCrypto(), time = new SystemTime() } = options;
  const { origin } = new URL(options.origin);
  const send = withoutRedirects(options.fetch ?? ((url, init) => globalThis.fetch(url, init)));
  const nonces = new DpopNonces();
  const tokens = token === undefined ? null : new AccessTokens(token, send, crypto, nonces, time);
  let imported: Promise<SigningKey> | null = null;

  return {
    async fetch(input, init = {}) {
      const url = new URL(input, origin);
      if (url.origin !== origin) {
        throw new ClientError('ERR_OTHER_ORIGIN', `this client calls ${origin} only`);
      }
      const body = await bodyOf(init.body);
      if (body.kind === 'stream' && signature !== undefined) {
        throw new ClientError(
          'ERR_BODY_NOT_SIGNABLE',
          'a stream cannot be signed before it is read',
        );
      }
      const method = (init.method ?? 'GET').toUpperCase();
      return untilItMay({ url, method, init, body });
    },
  };

  async function untilItMay(outgoing: Outgoing): Promise<Response> {
    for (let retries = 0; ; retries += 1) {
      const response = await authenticated(outgoing);
      const seconds = secondsToWait(response, time.now());
      if (seconds === null || seconds > maxWaitSeconds || retries >= maxRetries) return response;
      if (outgoing.body.kind === 'stream') return response;
      await response.body?.cancel();
      await time.wait(seconds * 1000, outgoing.init.signal);
    }
  }

  /** Once more for a nonce that is asked for, and once more with fresh tokens. */
  async function authenticated(outgoing: Outgoing): Promise<Response> {
    let answered = await once(outgoing, (await tokens?.current()) ?? null);
    if (outgoing.body.kind !== 'stream') {
      if (answered.wantsNonce) answered = await once(outgoing, answered.tokens);
      const used = answered.tokens;
      if (used !== null && isInvalidToken(answered.response) && tokens?.canRefresh(used) === true) {
        answered = await once(outgoing, await tokens.after(used));
      }
    }
    await verified(answered);
    return answered.response;
  }

  async function once(outgoing: Outgoing, used: StoredTokens | null): Promise<Answered> {
    const { url, method, init, body } = outgoing;
    const headers = new Headers(init.headers);
    if (body.kind === 'bytes' && body.type !== null && !headers.has('content-type')) {
      headers.set('content-type', body.type);
    }
    if (apiKey !== undefined) headers.set('x-api-key', apiKey);
    if (used !== null) await carry(used, { url, method, headers });
    const request = { url, method, headers };
    const key = await signingKey();
    if (key !== null) {
      const bytes = body.kind === 'bytes' ? body.bytes : null;
      await signRequest(crypto, key, request, bytes, time.now());
    }
    const response = await send(url, { ...init, method, headers, ...initOf(body) });
    const isBound = (used?.dpopKeys ?? null) !== null;
    const wantsNonce = isBound && (await nonces.note(url, response));
    return { response, request, tokens: used, wantsNonce };
  }

  async function carry(
    { accessToken, dpopKeys }: StoredTokens,
    { url, method, headers }: SignedMessage,
  ): Promise<void> {
    headers.set('authorization', `${dpopKeys === null ? 'Bearer' : 'DPoP'} ${accessToken}`);
    if (dpopKeys === null) return;
    const proof = { method, url, accessToken, nonce: nonces.of(url), now: time.now() };
    headers.set('dpop', await dpopProof(crypto, dpopKeys, proof));
  }

  async function verified({ request, response }: Answered): Promise<void> {
    if (signedResponses === undefined) return;
    // Guards refuse without a signature: a refusal may be forged, an answer may not.
    if (response.status >= 400 && !response.headers.has('signature')) return;
    const own = await signingKey();
    const keyOf = (keyId: string) =>
      own?.keyId === keyId && own.algorithm === 'hmac-sha256'
        ? Promise.resolve(own)
        : signedResponses.keyOf(keyId);
    await verifyResponse(crypto, keyOf, request, response, time.now());
  }

  function signingKey(): Promise<SigningKey | null> {
    if (signature === undefined) return Promise.resolve(null);
    if ('key' in signature) return Promise.resolve(signature);
    const { keyId, secret } = signature;
    imported ??= crypto
      .importSecret(bytesOfBase64(secret))
      .then((key) => ({ keyId, algorithm: 'hmac-sha256', key }));
    return imported;
  }
}

const isInvalidToken = ({ status, headers }: Response): boolean =>
  status === 401 && (headers.get('www-authenticate') ?? '').includes('error="invalid_token"');
