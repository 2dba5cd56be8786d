import type { JWK } from 'jose';
import type { PublishedKey, PublishedKeys } from '../../../signing-keys/published-keys.js';
import type { SigningAlgorithm } from '../../../signing-keys/signing-key.js';
import { readJwk } from './jwk-set.js';
import { VerificationKeys, type VerificationKey } from './verification-keys.js';

interface Imported {
  readonly source: JWK;
  readonly text: string;
  readonly key: VerificationKey | null;
}

/** Our own signing keys, from where they are kept. A key that is retired or revoked there is gone here at once. */
export class LocalVerificationKeys extends VerificationKeys {
  private readonly imported = new Map<string, Imported>();

  constructor(
    private readonly published: PublishedKeys,
    private readonly accepted: readonly SigningAlgorithm[],
  ) {
    super();
  }

  async find(kid: string): Promise<VerificationKey | null> {
    const published = (await this.published.publicKeys(kid)).find((key) => key.kid === kid);
    if (published !== undefined) return this.import(published);
    this.imported.delete(kid);
    return null;
  }

  private import({ kid, algorithm, publicJwk }: PublishedKey): VerificationKey | null {
    const known = this.imported.get(kid);
    if (known?.source === publicJwk) return known.key;
    const text = JSON.stringify(publicJwk);
    if (known?.text === text) return known.key;

    const accepted = this.accepted.filter((candidate) => candidate === algorithm);
    const key = readJwk({ ...publicJwk, kid, alg: algorithm }, accepted);
    this.imported.set(kid, { source: publicJwk, text, key });
    return key;
  }
}
