import { createHmac, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Sealer } from '../../sealing/sealer.js';

/**
 * Tokens that bind a form to the interaction it answers. Who holds one has read our page of this interaction, which
 * only the browser with its cookie is shown.
 */
@Injectable()
export class CsrfTokens {
  private readonly keys: readonly Buffer[];

  constructor(sealer: Sealer) {
    this.keys = sealer.deriveKeys('csrf');
  }

  issue(uid: string): string {
    const [current] = this.keys;
    if (current === undefined) throw new TypeError('CsrfTokens without keys');
    return macOf(uid, current).toString('base64url');
  }

  /** In constant time; forms that were shown before the keys were rotated are good too. */
  verify(uid: string, token: string): boolean {
    const presented = Buffer.from(token, 'base64url');
    return this.keys
      .map((key) => macOf(uid, key))
      .some((mac) => presented.length === mac.length && timingSafeEqual(presented, mac));
  }
}

const macOf = (uid: string, key: Buffer): Buffer =>
  createHmac('sha256', key).update(uid, 'utf8').digest();
