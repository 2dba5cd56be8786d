import { hkdfSync, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../../clock.js';
import { Sealer } from '../../sealing/sealer.js';

const STEP_SECONDS = 60;
/** Steps before and after the present one whose nonces are taken: clocks of instances may differ. */
const STEPS = [-2, -1, 0, 1, 2];
/** For how long one nonce is taken. */
export const NONCE_SECONDS = STEPS.length * STEP_SECONDS;

/**
 * Nonces for proofs (RFC 9449 §8, §9): one a minute, the same on every instance, and never stored. Derived as the
 * engine derives its own, by HKDF-SHA256 (RFC 5869) with the number of the minute as salt: token endpoint and API are
 * one origin to a client, which keeps one nonce for both.
 */
@Injectable()
export class DpopNonces {
  private readonly secrets: readonly Buffer[];
  private step = NaN;
  private taken: readonly Buffer[] = [];

  constructor(
    sealer: Sealer,
    private readonly clock: Clock,
  ) {
    this.secrets = sealer.deriveKeys('dpop nonces');
  }

  /** What the engine makes its nonces from: 32 bytes. */
  get secret(): Buffer {
    const [first] = this.secrets;
    if (first === undefined) throw new TypeError('no secret for nonces');
    return first;
  }

  /** The one to give out now: it will be taken for three minutes and more. */
  current(): string {
    return nonceOf(this.secret, this.now() + 1).toString('base64url');
  }

  accepts(nonce: string): boolean {
    const presented = Buffer.from(nonce, 'base64url');
    if (presented.length !== 32 || presented.toString('base64url') !== nonce) return false;
    let isTaken = false;
    for (const one of this.window()) isTaken = timingSafeEqual(one, presented) || isTaken;
    return isTaken;
  }

  private window(): readonly Buffer[] {
    const now = this.now();
    if (now !== this.step) {
      this.step = now;
      // Those of every key-encryption key: a rotation of keys makes no nonce wrong.
      this.taken = this.secrets.flatMap((secret) =>
        STEPS.map((step) => nonceOf(secret, now + step)),
      );
    }
    return this.taken;
  }

  private now(): number {
    return Math.floor(this.clock.milliseconds() / 1000 / STEP_SECONDS);
  }
}

function nonceOf(secret: Buffer, step: number): Buffer {
  const salt = Buffer.alloc(8);
  salt.writeBigUInt64BE(BigInt(step));
  return Buffer.from(hkdfSync('sha256', secret, salt, 'DPoP', 32));
}
