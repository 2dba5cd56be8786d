import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../clock.js';
import { ReplayStore } from '../../ephemeral/replay.store.js';
import { SallyportError } from '../../errors.js';
import { isSameText } from '../../hashing/same-text.js';
import { normalTargetUri } from '../../request/target-uri.js';
import { verifyJws, type ProofJws } from '../bearer/jws.js';
import { secondsToRemember } from '../freshness.js';
import { DpopNonces, NONCE_SECONDS } from './dpop-nonces.js';
import {
  invalidProof,
  parseDpopProof,
  parseProofSigner,
  proofKeyOf,
  type DpopProof,
} from './dpop-proof.js';
import { DPOP_OPTIONS, type ResolvedDpopOptions } from './dpop.options.js';
import { ProofKeys, type ProofKey } from './proof-keys.js';

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
    const { jkt } = use;
    const proof = parseDpopProof(text);
    this.checkSignature(proof.jws, jkt);
    checkUse(proof, use);
    const seconds = this.checkAge(proof);
    // Thumbprints are all of one length.
    const isFirst = await this.replays.claim('dpop', `${jkt} ${proof.jti}`, seconds);
    if (!isFirst) {
      throw new SallyportError('ERR_DPOP_PROOF_REPLAYED', {
        reason: `DPoP proof of key ${jkt} was used before`,
      });
    }
  }

  private checkSignature(jws: ProofJws, jkt: string): void {
    const known = this.keys.get(jkt);
    // What was found in a header is found in the same one again.
    const by = known?.header === jws.header ? known : this.keyIn(jws.header, jkt, known);
    const { signingInput, signature } = jws;
    if (!verifyJws({ algorithm: by.algorithm, signingInput, signature }, by.key)) {
      throw invalidProof('has a wrong signature');
    }
    if (by !== known) this.keys.set(jkt, by);
  }

  /** The key that a header says the proof is made with, if it is that of the token. */
  private keyIn(header: string, jkt: string, known: ProofKey | null): ProofKey {
    const signer = parseProofSigner(header);
    const { algorithm, thumbprint } = signer;
    if (!isSameText(thumbprint, jkt)) throw invalidProof('is made with another key');
    if (!this.options.algorithms.includes(algorithm)) {
      throw invalidProof(`is signed with ${algorithm}, which the options rule out`);
    }
    return { key: known?.key ?? proofKeyOf(signer), algorithm, header };
  }

  /** For how many seconds it is to be remembered. */
  private checkAge({ issuedAt, nonce }: DpopProof): number {
    const { requireNonce, maxAgeSeconds, clockSkewSeconds: skew } = this.options;
    if (requireNonce) {
      if (nonce !== null && this.nonces.accepts(nonce)) return NONCE_SECONDS + skew;
      throw new SallyportError('ERR_DPOP_NONCE_REQUIRED', {
        reason: nonce === null ? 'DPoP proof without a nonce' : 'DPoP proof with another nonce',
        dpopNonce: this.nonces.current(),
      });
    }
    // RFC 9449 §11.1. Without nonces of ours, whatever nonce is there says nothing.
    const now = this.clock.milliseconds() / 1000;
    const made = { at: issuedAt, until: issuedAt + maxAgeSeconds };
    const seconds = secondsToRemember(made, { now, skew });
    if (seconds !== null) return seconds;
    throw new SallyportError('ERR_DPOP_PROOF_EXPIRED', {
      reason: `DPoP proof is ${String(Math.round(now - issuedAt))} s old`,
    });
  }
}

function checkUse({ htm, htu, ath }: DpopProof, use: ProvenUse): void {
  if (htm !== use.method) throw invalidProof('is for another method');
  // Most write it as we do.
  const isSameUri = htu === use.targetUri || normalTargetUri(htu) === use.targetUri;
  if (use.targetUri === null || !isSameUri) throw invalidProof('is for another URI');
  // RFC 9449 §4.3 (10): and not for another token of the same key.
  if (ath === null || !isSameText(ath, hash('sha256', use.accessToken, 'base64url'))) {
    throw invalidProof('is for another access token');
  }
}
