import { Inject, Injectable } from '@nestjs/common';
import { SallyportError } from '../errors.js';
import { isSameText } from '../hashing/same-text.js';
import type { MaybePromise } from '../maybe-promise.js';
import type { Confirmation } from '../principals/caller.js';
import { rawRequest, type AdapterRequest } from '../request/adapter-request.js';
import { REQUEST_OPTIONS, type ResolvedRequestOptions } from '../request/request.options.js';
import { targetUriOf } from '../request/target-uri.js';
import type { Credential } from './credential.js';
import { DpopProofVerifier } from './dpop/dpop-proof.verifier.js';
import { ClientCertificates } from './mtls/client-certificates.js';

/** Believes that whoever sends an access token has the key that it is bound to (`cnf`, RFC 7800). */
@Injectable()
export class ProofOfPossession {
  constructor(
    private readonly dpop: DpopProofVerifier,
    private readonly certificates: ClientCertificates,
    @Inject(REQUEST_OPTIONS) private readonly options: ResolvedRequestOptions,
  ) {}

  /**
   * Nothing is bound that has no `confirmation`, and nothing has to be proven then, unless it came as if it were.
   * `targetUri` is what the request was sent to, where that is not under our public origin.
   *
   * @throws, or rejects with, ERR_TOKEN_BOUND (no proof of that kind, or another certificate), ERR_TOKEN_INVALID (a bearer token under the scheme
   * DPoP), ERR_DPOP_PROOF_INVALID, ERR_DPOP_PROOF_EXPIRED, ERR_DPOP_PROOF_REPLAYED, ERR_DPOP_NONCE_REQUIRED, ERR_STORE_UNAVAILABLE
   */
  assertProven(
    confirmation: Confirmation | null,
    credential: Credential,
    request: AdapterRequest,
    targetUri: string | null = targetUriOf(request, this.options.publicOrigin),
  ): MaybePromise<void> {
    const { jkt, 'x5t#S256': certificate } = confirmation ?? {};
    if (certificate !== undefined) this.assertCertificate(certificate, request);
    if (credential.kind !== 'dpop-access-token') {
      if (jkt === undefined) return;
      // RFC 9449 §7.2: such a token "MUST NOT" be accepted as a bearer token.
      throw bound(
        'a key, and came without proof of it',
        'Send it as "Authorization: DPoP <access token>", with a proof in the DPoP header.',
      );
    }
    if (typeof jkt !== 'string') {
      throw new SallyportError('ERR_TOKEN_INVALID', {
        reason: 'access token under the scheme DPoP that is bound to no DPoP key',
      });
    }
    const { method = '' } = rawRequest(request);
    const { proof, text: accessToken } = credential;
    return this.dpop.verify(proof, { method, targetUri, accessToken, jkt });
  }

  /** RFC 8705 §3: the certificate of this very connection. */
  private assertCertificate(expected: unknown, request: AdapterRequest): void {
    const presented = this.certificates.thumbprintOf(request);
    if (presented !== null && isSameText(presented, String(expected))) return;
    throw bound(
      `a certificate, and came with ${presented === null ? 'none that is valid' : 'another'}`,
      'Use the client certificate that the access token is bound to.',
    );
  }
}

const bound = (to: string, detail: string) =>
  new SallyportError('ERR_TOKEN_BOUND', { reason: `access token is bound to ${to}`, detail });
