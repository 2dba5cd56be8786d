import { hash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../clock.js';
import { ReplayStore } from '../../ephemeral/replay.store.js';
import { SallyportError, type ErrorCode } from '../../errors.js';
import { aws4Signature, canonicalRequest, secondsOfAws4 } from '../../signatures/aws4.js';
import { fieldValue } from '../../signatures/http-message.js';
import {
  ACCESS_TOKEN_OPTIONS,
  type ResolvedAccessTokenOptions,
} from '../bearer/access-token.options.js';
import { secondsToRemember } from '../freshness.js';
import { Signers, type ApiKeySigner } from '../signature/signers.js';
import type { Aws4Credential } from './extract-aws4.js';

const DATE = 'x-amz-date';
const CONTENT = 'x-amz-content-sha256';
const OF_CONTENT = ['content-type', 'content-encoding'];

/**
 * Believes signatures of AWS's Signature Version 4, for clients that have an SDK of AWS and nothing else: the access key
 * id is the id of an API key, the secret access key its signing secret as it was told.
 */
@Injectable()
export class Aws4Verifier {
  private readonly skew: number;

  constructor(
    private readonly signers: Signers,
    private readonly replays: ReplayStore,
    private readonly clock: Clock,
    @Inject(ACCESS_TOKEN_OPTIONS) options: ResolvedAccessTokenOptions,
  ) {
    this.skew = options.clockSkewSeconds;
  }

  /**
   * Whose it is, if it is over host, time, type and body of this request, of now, and was never seen before. It has no
   * nonce; an HMAC has one spelling only, so that the signature itself is spent.
   *
   * @throws ERR_SIGNATURE_INCOMPLETE, _INVALID, _EXPIRED, _REPLAYED, _MALFORMED; what the API key is refused with
   */
  async verify(credential: Aws4Credential, address: string): Promise<ApiKeySigner> {
    const { authorization, message, body, hasBody } = credential;
    const timestamp = fieldValue(message.fields, DATE) ?? '';
    const usableSeconds = this.secondsLeft(timestamp, credential);
    if (body === null && hasBody)
      throw refusal('ERR_SIGNATURE_INVALID', 'a body that was not kept');
    const payload = hash('sha256', body === null ? '' : await body.bytes(), 'hex');
    this.assertCovered(credential);
    const told = fieldValue(message.fields, CONTENT);
    if (told !== null && told !== payload) {
      throw refusal('ERR_SIGNATURE_INVALID', `${CONTENT} is of another body`);
    }
    const signer = await this.signers.find(authorization.keyid);
    const canonical = canonicalRequest(message, authorization.signedHeaders, payload);
    if (!signer?.apiKey || canonical === null) {
      throw refusal('ERR_SIGNATURE_INVALID', 'no such key, or a header that is not there');
    }
    const secret = signer.key.key.export().toString('base64url');
    const right = aws4Signature(secret, authorization, timestamp, canonical);
    if (!timingSafeEqual(Buffer.from(right), Buffer.from(authorization.signature))) {
      throw refusal(
        'ERR_SIGNATURE_INVALID',
        `key ${signer.apiKey.id}: it does not fit the request`,
      );
    }
    signer.assertUsable(address);
    const spent = JSON.stringify([authorization.keyid, right]);
    if (!(await this.replays.claim('aws4', spent, usableSeconds))) {
      throw refusal('ERR_SIGNATURE_REPLAYED', `key ${signer.apiKey.id}`);
    }
    return signer;
  }

  private secondsLeft(timestamp: string, { authorization, demand }: Aws4Credential): number {
    const created = secondsOfAws4(timestamp);
    if (created === null || !timestamp.startsWith(authorization.date)) {
      throw refusal('ERR_SIGNATURE_INCOMPLETE', `${DATE} is missing, or of another day`);
    }
    const made = { at: created, until: created + demand.maxAgeSeconds };
    const now = this.clock.milliseconds() / 1000;
    const seconds = secondsToRemember(made, { now, skew: this.skew });
    if (seconds === null) throw refusal('ERR_SIGNATURE_EXPIRED', timestamp);
    return seconds;
  }

  /** Host and time always; type and encoding, and whatever else speaks to the signature, where it was sent. */
  private assertCovered({ authorization, message }: Aws4Credential): void {
    const present = [...message.fields.keys()].filter(
      (name) => OF_CONTENT.includes(name) || name.startsWith('x-amz-'),
    );
    const missing = ['host', ...present].filter(
      (name) => !authorization.signedHeaders.includes(name),
    );
    if (missing.length === 0) return;
    throw new SallyportError('ERR_SIGNATURE_INCOMPLETE', {
      reason: 'SignedHeaders leave something out',
      detail: 'Sign host, content-type, content-encoding and every x-amz header.',
    });
  }
}

const refusal = (code: ErrorCode, reason: string) => new SallyportError(code, { reason });
