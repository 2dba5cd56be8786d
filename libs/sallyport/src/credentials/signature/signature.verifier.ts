import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../clock.js';
import { ReplayStore } from '../../ephemeral/replay.store.js';
import { SallyportError, type ErrorCode } from '../../errors.js';
import { isPromise } from '../../maybe-promise.js';
import { Randomness } from '../../randomness.js';
import { isContentOf } from '../../signatures/content-digest.js';
import { fieldValue, type RequestMessage } from '../../signatures/http-message.js';
import {
  acceptSignature,
  announcesBody,
  covers,
  demandedOf,
  type SignatureDemand,
} from '../../signatures/signature-demand.js';
import { isSignatureOf } from '../../signatures/signature-algorithms.js';
import { signatureBase } from '../../signatures/signature-base.js';
import type { SignatureParameters } from '../../signatures/presented-signature.js';
import {
  ACCESS_TOKEN_OPTIONS,
  type ResolvedAccessTokenOptions,
} from '../bearer/access-token.options.js';
import { secondsToRemember } from '../freshness.js';
import type { SignatureCredential } from './extract-signature.js';
import { Signers, type Signer } from './signers.js';

const NONCE_BYTES = 16;
const NO_BODY = new Uint8Array();

/** The parameters without which no signature is accepted. */
interface Named {
  readonly keyid: string;
  readonly created: number;
  readonly nonce: string;
}

/** Believes signatures of requests (RFC 9421 §3.2), each once. */
@Injectable()
export class SignatureVerifier {
  private readonly skew: number;

  constructor(
    private readonly signers: Signers,
    private readonly replays: ReplayStore,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
    @Inject(ACCESS_TOKEN_OPTIONS) options: ResolvedAccessTokenOptions,
  ) {
    this.skew = options.clockSkewSeconds;
  }

  /**
   * Whose signature it is, if it covers what is demanded, fits the request and its body as they came, is of now, and
   * was never seen before on any instance. Not checked here: revocation, and the state of client and user.
   *
   * @throws ERR_SIGNATURE_INCOMPLETE, _INVALID, _EXPIRED, _REPLAYED, _MALFORMED (a body that is too long); what the
   * signer's key is refused with; ERR_STORE_UNAVAILABLE, ERR_KEYS_UNAVAILABLE
   */
  async verify(credential: SignatureCredential, address: string): Promise<Signer> {
    const { presented, message, demand } = credential;
    const named = this.named(credential);
    const usableSeconds = this.secondsLeft(presented.parameters, named, credential);
    const { body } = credential;
    const received = body === null ? this.withoutBody(credential) : body.bytes();
    const content = isPromise(received) ? await received : received;
    const demanded = demandedOf(demand, message, content.length > 0);
    if (!covers(presented, demanded)) throw this.refusal('ERR_SIGNATURE_INCOMPLETE', credential);

    const found = this.signers.find(named.keyid);
    const signer = isPromise(found) ? await found : found;
    const { alg } = presented.parameters;
    // RFC 9421 §3.2: the algorithm is the key's; what the message says may only agree.
    if (signer === null || (alg !== null && alg !== signer.key.algorithm)) {
      throw this.refusal('ERR_SIGNATURE_INVALID', credential, 'of no key for that');
    }
    const base = signatureBase(presented.components, presented.serialized, message);
    if (base === null || !isSignatureOf(base, presented.signature, signer.key)) {
      throw this.refusal('ERR_SIGNATURE_INVALID', credential, 'does not fit the request');
    }
    const digest = fieldValue(message.fields, 'content-digest');
    const coversContent = presented.components.some(({ name }) => name === 'content-digest');
    if (coversContent && !isContentOf(digest ?? '', content)) {
      throw this.refusal('ERR_SIGNATURE_INVALID', credential, 'has a digest of another body');
    }
    signer.assertUsable(address);
    // By key and nonce, never by the signature: ECDSA and PSS have many for one message.
    const spent = `${named.keyid.length}:${named.keyid}:${named.nonce}`;
    if (!(await this.replays.claim('signature', spent, usableSeconds))) {
      throw this.refusal('ERR_SIGNATURE_REPLAYED', credential);
    }
    return signer;
  }

  /** For a request without any signature, where one is demanded. */
  missing(message: RequestMessage, demand: SignatureDemand): SallyportError {
    return this.refuse('ERR_SIGNATURE_REQUIRED', message, demand, 'the request is not signed');
  }

  private named(credential: SignatureCredential): Named {
    const { keyid, created, nonce } = credential.presented.parameters;
    if (keyid === null || created === null || nonce === null || nonce === '') {
      throw this.refusal('ERR_SIGNATURE_INCOMPLETE', credential, 'lacks keyid, created or nonce');
    }
    return { keyid, created, nonce };
  }

  /** For how long it could be presented again. */
  private secondsLeft(
    { expires }: SignatureParameters,
    { created }: Named,
    credential: SignatureCredential,
  ): number {
    const until = Math.min(created + credential.demand.maxAgeSeconds, expires ?? Infinity);
    const now = this.clock.milliseconds() / 1000;
    const seconds = secondsToRemember({ at: created, until }, { now, skew: this.skew });
    if (seconds === null) throw this.refusal('ERR_SIGNATURE_EXPIRED', credential);
    return seconds;
  }

  private withoutBody(credential: SignatureCredential): Uint8Array {
    if (!credential.hasBody) return NO_BODY;
    // Of GET and HEAD, or where the host has a server of its own that we were not told of.
    throw this.refusal('ERR_SIGNATURE_INVALID', credential, 'is of a body that was not kept');
  }

  private refusal(code: ErrorCode, credential: SignatureCredential, flaw = ''): SallyportError {
    const { message, demand, presented } = credential;
    const keyid = JSON.stringify(presented.parameters.keyid ?? '').slice(0, 130);
    return this.refuse(code, message, demand, `signature of key ${keyid} ${flaw}`.trim());
  }

  private refuse(
    code: ErrorCode,
    message: RequestMessage,
    demand: SignatureDemand,
    reason: string,
  ): SallyportError {
    const demanded = demandedOf(demand, message, announcesBody(message));
    const nonce = this.randomness.bytes(NONCE_BYTES).toString('base64url');
    return new SallyportError(code, {
      reason,
      acceptSignature: acceptSignature(demanded, demand, nonce),
    });
  }
}
