import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { decryptJwe, parseCompactJwe, type CompactJwe } from '../../encryption/compact-jwe.js';
import type { EncryptionDemand } from '../../encryption/encryption-demand.js';
import { jsonIn } from '../../encryption/json-plaintext.js';
import { isJose, saysJson } from '../../encryption/media-types.js';
import { SallyportError } from '../../errors.js';
import type { Caller } from '../../principals/caller.js';
import { ReceivedBody } from '../../request/received-body.js';
import { REQUEST_OPTIONS, type ResolvedRequestOptions } from '../../request/request.options.js';
import { BodyKeys } from './body-keys.js';

/** What was in an encrypted body, and in what. */
export interface OpenedBody {
  readonly jwe: CompactJwe;
  readonly value: object;
}

/** Their content means nothing (RFC 9110 §9.3), so that they may come without any. */
const WITHOUT_CONTENT = ['GET', 'HEAD', 'DELETE', 'OPTIONS'];

/** Opens the encrypted bodies of requests that are authenticated, and by their signature of one piece. */
@Injectable()
export class OpenBody {
  constructor(
    private readonly keys: BodyKeys,
    @Inject(REQUEST_OPTIONS) private readonly options: ResolvedRequestOptions,
  ) {}

  /**
   * Whether the body is to be opened. Throws ERR_ENCRYPTION_REQUIRED or ERR_ENCRYPTION_REFUSED for one that must not be as
   * it is.
   */
  isToBe(raw: IncomingMessage, { request }: EncryptionDemand): boolean {
    const { headers, method = '' } = raw;
    if (isJose(headers['content-type'])) {
      if (request === 'refused') throw new SallyportError('ERR_ENCRYPTION_REFUSED');
      return true;
    }
    if (request !== 'required') return false;
    if (!announcesContent(raw) && WITHOUT_CONTENT.includes(method)) return false;
    throw new SallyportError('ERR_ENCRYPTION_REQUIRED', { reason: 'a body that is no JWE' });
  }

  /**
   * The JSON of the body. What does not open it says nothing of why.
   *
   * @throws ERR_ENCRYPTION_REQUIRED (it is encoded, or not signed), ERR_ENCRYPTION_MALFORMED, ERR_DECRYPTION_FAILED,
   * ERR_ENCRYPTION_KEY_MISSING, ERR_BODY_TOO_LARGE, ERR_INPUT_INVALID (no JSON), ERR_STORE_UNAVAILABLE
   */
  async open(raw: IncomingMessage, caller: Caller): Promise<OpenedBody> {
    const body = ReceivedBody.of(raw);
    if (body === null || raw.headers['content-encoding'] !== undefined) {
      throw new SallyportError('ERR_ENCRYPTION_REQUIRED', { reason: 'encoded, or not signed' });
    }
    const jwe = parseCompactJwe((await body.bytes()).toString('latin1'), malformed);
    if (!saysJson(jwe.cty)) throw malformed('has a cty other than json');
    // RFC 8725 §3.11: an encrypted token is no body.
    if (jwe.typ !== null && jwe.typ.toUpperCase() !== 'JOSE') throw malformed('has a typ');
    const key = await this.keys.toOpen(jwe, caller);
    const plaintext = key === null ? null : await decryptJwe(jwe, key);
    if (plaintext === null) {
      const reason = `client ${caller.client.clientId}: key ${JSON.stringify(jwe.kid)} does not open the body`;
      throw new SallyportError('ERR_DECRYPTION_FAILED', { reason });
    }
    const { maxSignedBodyBytes } = this.options;
    if (plaintext.length > maxSignedBodyBytes) {
      const detail = `A body may have ${maxSignedBodyBytes} bytes before it is encrypted.`;
      throw new SallyportError('ERR_BODY_TOO_LARGE', { detail });
    }
    const value = jsonIn(plaintext);
    if (value !== null) return { jwe, value };
    const detail = 'What is encrypted must be a JSON object or array in UTF-8.';
    throw new SallyportError('ERR_INPUT_INVALID', { detail });
  }
}

const announcesContent = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

const malformed = (flaw: string) =>
  new SallyportError('ERR_ENCRYPTION_MALFORMED', {
    reason: `the JWE ${flaw}`,
    detail: `The JWE ${flaw}.`,
  });
