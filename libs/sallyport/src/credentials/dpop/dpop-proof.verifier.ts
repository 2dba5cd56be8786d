import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../clock.js';
import { ReplayStore } from '../../ephemeral/replay.store.js';
import { SallyportError } from '../../errors.js';
import { isSameText } from '../../hashing/same-text.js';
import { normalTargetUri } from '../../request/target-uri.js';
import { verifyJws } from '../bearer/jws.js';
import { algorithmsOf } from '../bearer/keys/jwk-set.js';
import { DpopNonces, NONCE_SECONDS } from './dpop-nonces.js';
import { invalidProof, parseDpopProof, proofKeyOf, type DpopProof } from './dpop-proof.js';
import { DPOP_OPTIONS, type ResolvedDpopOptions } from './dpop.options.js';
import { ProofKeys } from './proof-keys.js';

/** The request and the token that a proof must be for. */
export interface ProvenUse {
  readonly method: string;
  /** As `targetUriOf` gives it. */
  readonly targetUri: string | null;
  readonly accessToken: string;
  /** `cnf.jkt` of the token: the thumbprint of the one key that may prove it (RFC 9449 §6.1). */
  readonly jkt: string;
}

/** Believes proofs of possession, each once (RFC 9449 §4.3). */
@Injectable()
export class DpopProofVerifier {
  private readonly keys = new ProofKeys();

  constructor(
    @Inject(DPOP_OPTIONS) private readonly options: ResolvedDpopOptions,
    private readonly nonces: DpopNonces,
    private readonly replays: ReplayStore,
    private readonly clock: Clock,
  ) {}

  /**
   * Last of all the proof is spent: one that is refused spends nothing.
   *
   * @throws ERR_DPOP_PROOF_INVALID, ERR_DPOP_PROOF_EXPIRED, ERR_DPOP_PROOF_REPLAYED, ERR_DPOP_NONCE_REQUIRED,
   * ERR_STORE_UNAVAILABLE (whether it was seen before cannot be told)
   */
  async verify(text: string, use: ProvenUse): Promise<void> {
    const proof = parseDpopProof(text);
    if (!isSameText(proof.thumbprint, use.jkt)) throw invalidProof('is made with another key');
    this.checkSignature(proof);
    checkUse(proof, use);
    this.checkAge(proof);
    const id = JSON.stringify([proof.thumbprint, proof.jti]);
    const isFirst = await this.replays.claim('dpop', id, this.secondsToRemember(proof));
    if (!isFirst) {
      throw new SallyportError('ERR_DPOP_PROOF_REPLAYED', {
        reason: `DPoP proof of key ${proof.thumbprint} was used before`,
      });
    }
  }

  private checkSignature(proof: DpopProof): void {
    const { jws, jwk, thumbprint } = proof;
    const isAccepted = this.options.algorithms.includes(jws.algorithm);
    if (!isAccepted || !algorithmsOf(jwk).includes(jws.algorithm)) {
      throw invalidProof(`is signed with ${jws.algorithm}, which its key or the options rule out`);
    }
    const key = this.keys.get(thumbprint) ?? proofKeyOf(proof);
    if (!verifyJws(jws, key)) throw invalidProof('has a wrong signature');
    this.keys.set(thumbprint, key);
  }

  private checkAge({ issuedAt, nonce }: DpopProof): void {
    const { requireNonce, maxAgeSeconds, clockSkewSeconds } = this.options;
    if (requireNonce) {
      if (nonce !== null && this.nonces.accepts(nonce)) return;
      throw new SallyportError('ERR_DPOP_NONCE_REQUIRED', {
        reason: nonce === null ? 'DPoP proof without a nonce' : 'DPoP proof with another nonce',
        dpopNonce: this.nonces.current(),
      });
    }
    // RFC 9449 §11.1. Without nonces of ours, whatever nonce is there says nothing.
    const age = this.clock.milliseconds() / 1000 - issuedAt;
    if (age > maxAgeSeconds + clockSkewSeconds || age < -clockSkewSeconds) {
      throw new SallyportError('ERR_DPOP_PROOF_EXPIRED', {
        reason: `DPoP proof is ${String(Math.round(age))} s old`,
      });
    }
  }

  /** For as long as it would be accepted, also by an instance whose clock is behind. */
  private secondsToRemember({ issuedAt }: DpopProof): number {
    const { requireNonce, maxAgeSeconds, clockSkewSeconds } = this.options;
    if (requireNonce) return NONCE_SECONDS + clockSkewSeconds;
    const age = this.clock.milliseconds() / 1000 - issuedAt;
    return maxAgeSeconds + 2 * clockSkewSeconds - age + 1;
  }
}

function checkUse({ htm, htu, ath }: DpopProof, use: ProvenUse): void {
  if (htm !== use.method) throw invalidProof('is for another method');
  const claimed = normalTargetUri(htu);
  if (claimed === null || claimed !== use.targetUri) throw invalidProof('is for another URI');
  // RFC 9449 §4.3 (10): and not for another token of the same key.
  if (ath === null || !isSameText(ath, hash('sha256', use.accessToken, 'base64url'))) {
    throw invalidProof('is for another access token');
  }
}
