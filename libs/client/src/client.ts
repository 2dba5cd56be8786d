import { AccessTokens } from './access-tokens.js';
import { initOf } from './body.js';
import { ClientError } from './client-error.js';
import type { ClientOptions } from './client.options.js';
import { dpopProof } from './dpop.js';
import { EncryptedBodies } from './encrypted-bodies.js';
import { outgoingOf, type Outgoing } from './outgoing.js';
import { partsOf } from './parts.js';
import { secureOrigin } from './secure-url.js';
import { signingKeyOf, signRequest } from './sign-request.js';
import type { SignedMessage } from './signature-base.js';
import { unlessAborted } from './time.js';
import type { StoredTokens } from './token-storage.js';
import { discard } from './transport.js';
import { verifyResponse } from './verify-response.js';

/** Calls one API. */
export interface Client {
  /**
   * As fetch, but for URLs of the API's origin only and without redirects. Rejects with a ClientError for what is refused
   * here, with a ProblemError when tokens cannot be renewed; answers of the API are never thrown (see `expectOk`).
   */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
}

interface Answered {
  readonly response: Response;
  readonly request: SignedMessage;
  readonly tokens: StoredTokens | null;
  readonly wantsNonce: boolean;
}

/** Throws a TypeError for options that would send a secret in clear, or that are none. */
export function createClient(options: ClientOptions): Client {
  const { apiKey, signature, token, signedResponses } = options;
  if (apiKey !== undefined && !/^[!-~]+$/.test(apiKey)) throw new TypeError('apiKey is not one');
  const origin = secureOrigin(options.origin);
  const parts = partsOf(options);
  const { send, crypto, serverTime, nonces, patience } = parts;
  const tokens = token === undefined ? null : new AccessTokens(token, parts);
  const signingKey = signingKeyOf(signature, crypto);
  const encryption =
    options.encryptedBodies === undefined
      ? null
      : new EncryptedBodies(options.encryptedBodies, { ...parts, signature, origin });

  return {
    async fetch(input, init = {}) {
      const plain = await outgoingOf(origin, input, init);
      if (encryption === null) return patiently(plain);
      const response = await patiently(await encryption.seal(plain));
      return encryption.open(response, plain.method);
    },
  };

  async function patiently(outgoing: Outgoing): Promise<Response> {
    const { method, headers, body } = outgoing;
    const { signal } = outgoing.init;
    if (body.kind !== 'stream') {
      return patience.send({ method, headers, signal }, () => authenticated(outgoing));
    }
    if (signature === undefined) return authenticated(outgoing);
    throw new ClientError('ERR_BODY_NOT_SIGNABLE', 'a stream cannot be signed before it is read');
  }

  /** Once more for each thing that a refusal tells: a nonce, what time it is, that the token is none any more. */
  async function authenticated(outgoing: Outgoing): Promise<Response> {
    const { signal } = outgoing.init;
    const current = tokens === null ? null : await unlessAborted(tokens.current(), signal);
    const first = await once(outgoing, current);
    let answered = first;
    if (outgoing.body.kind !== 'stream') {
      if (isCorrected(first) || first.wantsNonce) answered = await again(outgoing, first);
      if (answered.wantsNonce && !first.wantsNonce) answered = await again(outgoing, answered);
      const { tokens: used, response } = answered;
      if (used !== null && isInvalidToken(response) && tokens?.canRenew(used) === true) {
        const fresh = await unlessAborted(tokens.after(used), signal);
        answered = await again(outgoing, { ...answered, tokens: fresh });
      }
    }
    await verified(answered);
    return answered.response;
  }

  async function again(outgoing: Outgoing, refused: Answered): Promise<Answered> {
    discard(refused.response);
    return once(outgoing, refused.tokens);
  }

  async function once(outgoing: Outgoing, used: StoredTokens | null): Promise<Answered> {
    const { url, method, init, body } = outgoing;
    const headers = new Headers(outgoing.headers);
    if (apiKey !== undefined) headers.set('x-api-key', apiKey);
    if (used !== null) await carry(used, { url, method, headers });
    const request = { url, method, headers };
    const key = await signingKey();
    if (key !== null) {
      const bytes = body.kind === 'bytes' ? body.bytes : null;
      await signRequest(crypto, key, request, bytes, serverTime.now());
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
    const proof = { method, url, accessToken, nonce: nonces.of(url), now: serverTime.now() };
    headers.set('dpop', await dpopProof(crypto, dpopKeys, proof));
  }

  /** Whether a refusal of what was dated tells that our time is wrong. */
  function isCorrected({ response, request: { headers } }: Answered): boolean {
    const isDated = headers.has('dpop') || headers.has('signature');
    return isDated && response.status === 401 && serverTime.learn(response);
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
    try {
      await verifyResponse(crypto, keyOf, request, response, serverTime.now());
    } catch (error) {
      discard(response);
      throw error;
    }
  }
}

const isInvalidToken = ({ status, headers }: Response): boolean =>
  status === 401 && (headers.get('www-authenticate') ?? '').includes('error="invalid_token"');
