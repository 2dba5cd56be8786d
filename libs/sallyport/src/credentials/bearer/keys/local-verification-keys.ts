import { isPromise, type MaybePromise } from '../../../maybe-promise.js';
import type { PublishedKey, PublishedKeys } from '../../../signing-keys/published-keys.js';
import type { SigningAlgorithm } from '../../../signing-keys/signing-key.js';
import { readJwk } from './jwk-set.js';
import { VerificationKeys, type VerificationKey } from './verification-keys.js';

interface Imported {
  readonly text: string;
  readonly key: VerificationKey | null;
}

/** Our own signing keys, from where they are kept. A key that is retired or revoked there is gone here at once. */
export class LocalVerificationKeys extends VerificationKeys {
  /** The list that was imported last: while it is the same, so are its keys. */
  private list: readonly PublishedKey[] = [];
  private imported: ReadonlyMap<string, Imported> = new Map();

  constructor(
    private readonly published: PublishedKeys,
    private readonly accepted: readonly SigningAlgorithm[],
  ) {
    super();
  }

  find(kid: string): MaybePromise<VerificationKey | null> {
    const list = this.published.publicKeys(kid);
    return isPromise(list) ? list.then((keys) => this.pick(kid, keys)) : this.pick(kid, list);
  }

  private pick(kid: string, list: readonly PublishedKey[]): VerificationKey | null {
    if (list !== this.list) {
      this.imported = new Map(list.map((published) => [published.kid, this.import(published)]));
      this.list = list;
    }
    return this.imported.get(kid)?.key ?? null;
  }

  /** The same object as before for the same key, however often it was read. */
  private import({ kid, algorithm, publicJwk }: PublishedKey): Imported {
    const text = JSON.stringify([algorithm, publicJwk]);
    const known = this.imported.get(kid);
    if (known?.text === text) return known;
    const accepted = this.accepted.filter((candidate) => candidate === algorithm);
    return { text, key: readJwk({ ...publicJwk, kid, alg: algorithm }, accepted) };
  }
}
