import { createHash } from 'node:crypto';
import type { INestApplication } from '@nestjs/common';
import { Clock } from '@sallyport/nest';
import { AUDIENCE } from './adapters.js';
import type { ProofMaker } from './dpop-proof.js';
import { ownToken } from './own-tokens.js';

/** `ath` of proofs (RFC 9449 §4.2). */
export const hashOf = (token: string): string =>
  createHash('sha256').update(token).digest('base64url');

/** A client with a token that is bound to its key, and proofs for requests to the app. */
export class BoundToken {
  private constructor(
    private readonly app: INestApplication,
    readonly key: ProofMaker,
    readonly text: string,
  ) {}

  static async create(
    app: INestApplication,
    key: ProofMaker,
    claims: Parameters<typeof ownToken>[1],
  ): Promise<BoundToken> {
    return new BoundToken(app, key, await ownToken(app, { cnf: { jkt: key.jkt }, ...claims }));
  }

  /** A right proof for `GET path` of now, but for the claims and header members given. */
  proof(path: string, claims: object = {}, header: object = {}): Promise<string> {
    const iat = Math.floor(this.app.get(Clock).now().getTime() / 1000);
    const htu = `${AUDIENCE}${path}`;
    const right = { htm: 'GET', htu, ath: hashOf(this.text), iat };
    return this.key.proof({ ...right, ...claims }, header);
  }

  headers(proof: string): Readonly<Record<string, string>> {
    return { Authorization: `DPoP ${this.text}`, DPoP: proof };
  }
}
