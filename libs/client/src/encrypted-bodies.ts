import { agreedKeys, derivedKeys, type BodyKeys, type KeyAgreement } from './body-keys.js';
import { ClientError } from './client-error.js';
import type { CryptoProvider } from './crypto-provider.js';
import { utf8 } from './encoding.js';
import { openJwe, sealJwe } from './jwe.js';
import type { Outgoing } from './outgoing.js';
import type { SignatureOption } from './sign-request.js';
import type { Time } from './time.js';
import { discard, type Fetch } from './transport.js';

export interface EncryptionOptions {
  /** Encrypt what requests bring. @default true */
  readonly request?: boolean;
  /** Demand that answers below 400 are encrypted. @default true */
  readonly response?: boolean;
  /** By keys that are agreed upon, rather than derived from the secret of `signature`. */
  readonly keyAgreement?: KeyAgreement;
}

export interface EncryptionParts {
  readonly crypto: CryptoProvider;
  readonly signature: SignatureOption | undefined;
  readonly origin: string;
  readonly send: Fetch;
  readonly time: Time;
}

const JOSE = 'application/jose';

/** Whole bodies as compact JWE (RFC 7516): what goes out, before it is signed; what comes, after that was verified. */
export class EncryptedBodies {
  private readonly keys: BodyKeys;
  private readonly toOpen: BodyKeys['toOpen'];

  constructor(
    private readonly options: EncryptionOptions,
    private readonly parts: EncryptionParts,
  ) {
    const { crypto, signature } = parts;
    const { keyAgreement } = options;
    const derived = derivedKeys(crypto, signature);
    const agreed = keyAgreement === undefined ? null : agreedKeys(crypto, keyAgreement, parts);
    const keys = agreed ?? derived;
    if (keys === null) {
      throw new TypeError('encryptedBodies needs the secret of signature, or keyAgreement');
    }
    this.keys = keys;
    // Where a request brings nothing, an answer comes under the secret, if the server knows one.
    this.toOpen = async (header) =>
      (await agreed?.toOpen(header)) ?? (await derived?.toOpen(header)) ?? null;
  }

  async seal(outgoing: Outgoing): Promise<Outgoing> {
    const { request = true, response = true } = this.options;
    const headers = new Headers(outgoing.headers);
    if (response) headers.set('accept', JOSE);
    const { body } = outgoing;
    if (!request || body.kind === 'none') return { ...outgoing, headers };
    if (body.kind === 'stream') {
      throw new ClientError('ERR_BODY_NOT_ENCRYPTABLE', 'a stream cannot be encrypted');
    }
    const { key, header } = await this.keys.toSeal();
    // RFC 7516 §4.1.12.
    const cty = (headers.get('content-type') ?? '').replace(/^application\/(?=[^/]*$)/i, '');
    const withType = cty === '' ? header : { ...header, cty };
    const bytes = utf8(await sealJwe(this.parts.crypto, key, withType, body.bytes));
    headers.set('content-type', JOSE);
    return { ...outgoing, headers, body: { kind: 'bytes', bytes, type: null } };
  }

  /** Rejects with ERR_RESPONSE_ENCRYPTION for an answer below 400 that is not encrypted, and for what does not open. */
  async open(response: Response, method: string): Promise<Response> {
    const { status, statusText } = response;
    if (this.options.response === false || isWithoutContent(response, method)) return response;
    if (response.headers.get('content-type') !== JOSE) {
      // Guards refuse before anything can be encrypted.
      if (status >= 400) return response;
      discard(response);
      throw refused();
    }
    const opened = await openJwe(this.parts.crypto, await response.text(), this.toOpen);
    if (opened === null) throw refused();
    const { cty } = opened.header;
    const headers = new Headers(response.headers);
    // What these say is said of what was sent.
    for (const name of ['content-type', 'content-length', 'content-digest']) headers.delete(name);
    if (cty !== undefined) {
      headers.set('content-type', cty.includes('/') ? cty : `application/${cty}`);
    }
    return new Response(opened.plaintext, { status, statusText, headers });
  }
}

const isWithoutContent = ({ status }: Response, method: string): boolean =>
  method === 'HEAD' || [204, 205, 304].includes(status);

const refused = (): ClientError =>
  new ClientError('ERR_RESPONSE_ENCRYPTION', 'the response is not encrypted as it must be');
