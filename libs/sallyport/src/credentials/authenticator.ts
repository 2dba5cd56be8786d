import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { SallyportError } from '../errors.js';
import { isPromise, type MaybePromise } from '../maybe-promise.js';
import type { Caller } from '../principals/caller.js';
import { rawRequest, type AdapterRequest } from '../request/adapter-request.js';
import { CredentialWatch } from '../request/credential-watch.js';
import { refuseCredentialsInUrl } from '../request/credentials-in-url.js';
import { ReceivedBody } from '../request/received-body.js';
import { RequestOrigin } from '../request/request-origin.js';
import { RequestMessages } from '../request/request-messages.js';
import type { SignatureDemand } from '../signatures/signature-demand.js';
import { USUAL_DEMAND } from '../signatures/signature-demand.js';
import { StrictRevocationChecker } from '../revocation/check/strict.checker.js';
import type { RevocationMode } from '../revocation/revocation.decorator.js';
import {
  AUTHENTICATION_OPTIONS,
  type ResolvedAuthenticationOptions,
} from './authentication.options.js';
import { AdmitCaller, type AdmitAs } from './admit-caller.js';
import { AdmittedCaller } from './admitted-caller.js';
import { CredentialVerifier } from './credential.verifier.js';
import { extractAws4 } from './aws4/extract-aws4.js';
import type { Credential } from './credential.js';
import { extractCredentials } from './extract-credentials.js';
import { ProofOfPossession } from './proof-of-possession.js';
import type { Verified } from './verified.js';
import { extractSignature } from './signature/extract-signature.js';
import { SignatureVerifier } from './signature/signature.verifier.js';

/** Port: from a request to its caller. Tests put `actingAs(…)` in its place. */
export abstract class Authenticator {
  /**
   * Throws, or rejects with, ERR_CREDENTIAL_MISSING without credentials, and a refusal unless all that came are good
   * and agree. At once when nothing has to be asked of a store. `signature` is what the route demands of one.
   */
  abstract authenticate(
    request: AdapterRequest,
    revocation?: RevocationMode,
    signature?: SignatureDemand | null,
  ): MaybePromise<Caller>;
}

/** A verdict that was no: thrown again to whoever asks again. */
class Refused {
  constructor(readonly error: unknown) {}
}

type Verdict = Caller | Promise<Caller> | Refused;

@Injectable()
export class RequestAuthenticator extends Authenticator {
  /**
   * Where a request that was judged carries the verdict: who asks twice, guard or Passport, neither verifies nor counts
   * twice. Of this instance alone: a request may pass through two apps, which trust different issuers.
   */
  private readonly verdict = Symbol('sallyport:verdict');
  /** What a signature was demanded to be when that verdict was found. */
  private readonly demand = Symbol('sallyport:signature-demand');

  constructor(
    private readonly verifier: CredentialVerifier,
    private readonly possession: ProofOfPossession,
    private readonly callers: AdmitCaller,
    private readonly strict: StrictRevocationChecker,
    private readonly origin: RequestOrigin,
    private readonly watch: CredentialWatch,
    private readonly clock: Clock,
    private readonly messages: RequestMessages,
    private readonly signatures: SignatureVerifier,
    @Inject(AUTHENTICATION_OPTIONS) private readonly options: ResolvedAuthenticationOptions,
  ) {
    super();
  }

  /**
   * In `strict` mode the shared list is asked too, also about a caller that whoever asked first has let in.
   */
  authenticate(
    request: AdapterRequest,
    revocation: RevocationMode = 'replica',
    signature: SignatureDemand | null = null,
  ): MaybePromise<Caller> {
    const caller = this.judged(request, revocation, signature);
    if (revocation !== 'strict') return caller;
    return isPromise(caller) ? caller.then(this.assertStrictly) : this.assertStrictly(caller);
  }

  private readonly assertStrictly = async (caller: Caller): Promise<Caller> => {
    await this.strict.assertNotRevoked(AdmittedCaller.credentialsOf(caller));
    return caller;
  };

  private judged(
    request: AdapterRequest,
    revocation: RevocationMode,
    signature: SignatureDemand | null,
  ): MaybePromise<Caller> {
    const raw = rawRequest(request) as IncomingMessage & Record<symbol, Verdict | undefined>;
    const known = raw[this.verdict];
    if (known instanceof Refused) throw known.error;
    if (known !== undefined) {
      if (signature?.isRequired === true) this.assertSameDemand(raw, signature);
      return known;
    }
    try {
      const verdict = this.judge(request, raw, revocation, signature);
      raw[this.verdict] = verdict;
      if (isPromise(verdict)) verdict.catch((error: unknown) => this.tell(error, request));
      return verdict;
    } catch (error) {
      raw[this.verdict] = new Refused(error);
      this.tell(error, request);
      throw error;
    }
  }

  private tell(error: unknown, request: AdapterRequest): void {
    if (error instanceof SallyportError) this.watch.failed(request, error);
  }

  private judge(
    request: AdapterRequest,
    raw: IncomingMessage,
    revocation: RevocationMode,
    signature: SignatureDemand | null,
  ): MaybePromise<Caller> {
    this.watch.assertMayTry(request);
    refuseCredentialsInUrl(raw.url ?? '', this.options.apiKeyPattern);
    if (signature?.scheme === 'aws4-hmac-sha256') {
      return this.judgeAws4(request, raw, revocation, signature);
    }
    let credentials = extractCredentials(request, this.options);
    if (
      credentials.length === 0 ||
      (signature !== null && wantsSignature(signature, credentials))
    ) {
      credentials = this.withSignature(request, raw, credentials, signature ?? USUAL_DEMAND);
    }
    // Nobody is judged twice, so no signature of this request will be verified.
    if (credentials.at(-1)?.kind !== 'signature') ReceivedBody.forget(raw);
    const now = this.clock.milliseconds();
    const verified = this.verifier.verifyAll(credentials, {
      address: this.origin.addressOf(request),
      now,
    });
    return isPromise(verified)
      ? verified.then((all) => this.admit(all, credentials, request, { revocation }))
      : this.admit(verified, credentials, request, { revocation, now });
  }

  /** What is bound to a key, or comes as if it were, must be proven first: of all else one field is looked at. */
  private admit(
    verified: readonly Verified[],
    credentials: readonly Credential[],
    request: AdapterRequest,
    as: AdmitAs,
  ): MaybePromise<Caller> {
    const raw = rawRequest(request);
    for (let index = 0; index < verified.length; index++) {
      const confirmation = verified[index]?.confirmation ?? null;
      const credential = credentials[index];
      if (credential === undefined) continue;
      if (confirmation === null && credential.kind !== 'dpop-access-token') continue;
      // No request has more than one access token, and nothing else is bound.
      const proven = this.possession.assertProven(confirmation, credential, request);
      if (isPromise(proven)) {
        return proven.then(() => this.callers.admit(verified, raw, { revocation: as.revocation }));
      }
    }
    return this.callers.admit(verified, raw, as);
  }

  /** Its signature stands in `Authorization`, where no other credential of ours can stand then. */
  private async judgeAws4(
    request: AdapterRequest,
    raw: IncomingMessage,
    revocation: RevocationMode,
    demand: SignatureDemand,
  ): Promise<Caller> {
    const credential = extractAws4(request, this.messages.of(request), demand);
    (raw as IncomingMessage & Record<symbol, SignatureDemand>)[this.demand] = demand;
    const asked = { address: this.origin.addressOf(request), now: this.clock.milliseconds() };
    return this.callers.admit(await this.verifier.verifyAll([credential], asked), raw, {
      revocation,
    });
  }

  private withSignature(
    request: AdapterRequest,
    raw: IncomingMessage,
    credentials: readonly Credential[],
    demand: SignatureDemand,
  ): readonly Credential[] {
    // Looked for among the names alone, before anything is made of them.
    if (!demand.isRequired && !raw.rawHeaders.some(isSignatureField)) return credentials;
    const message = this.messages.of(request);
    const signature = extractSignature(request, message, demand);
    if (signature === null) {
      if (demand.isRequired) throw this.signatures.missing(message, demand);
      return credentials;
    }
    (raw as IncomingMessage & Record<symbol, SignatureDemand>)[this.demand] = demand;
    return [...credentials, signature];
  }

  /** A signature is spent when it is verified: one that met less than is demanded now cannot be asked again. */
  private assertSameDemand(raw: IncomingMessage, demand: SignatureDemand): void {
    if ((raw as IncomingMessage & Record<symbol, unknown>)[this.demand] === demand) return;
    throw this.signatures.missing(this.messages.of(raw), demand);
  }
}

/** Where none is demanded, one may stand for the API key that was not sent. */
const wantsSignature = (demand: SignatureDemand, credentials: readonly Credential[]): boolean =>
  demand.isRequired || !credentials.some(({ kind }) => kind === 'api-key');

const isSignatureField = (name: string, at: number): boolean =>
  at % 2 === 0 && name.length === 15 && name.toLowerCase() === 'signature-input';
