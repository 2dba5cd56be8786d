import type { PublishedKey, PublishedKeys } from '../../../signing-keys/published-keys.js';
import type { SigningAlgorithm } from '../../../signing-keys/signing-key.js';
import { readJwk } from './jwk-set.js';
import { VerificationKeys, type VerificationKey } from './verification-keys.js';

/** Our own signing keys, from where they are kept. A key that is retired or revoked there is gone here at once. */
export class LocalVerificationKeys extends VerificationKeys {
  private readonly imported = new Map<string, { jwk: string; key: VerificationKey | null }>();

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
    const jwk = JSON.stringify(publicJwk);
    const known = this.imported.get(kid);
    if (known?.jwk === jwk) return known.key;

    const accepted = this.accepted.filter((candidate) => candidate === algorithm);
    const key = readJwk({ ...publicJwk, kid, alg: algorithm }, accepted);
    this.imported.set(kid, { jwk, key });
    return key;
  }
}
