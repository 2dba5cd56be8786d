import { digestOf, type Fingerprint, type Fingerprinting } from '../replica/fingerprint.js';
import {
  revocationKey,
  type RevocationKey,
  type RevocationKind,
  type RevocationTarget,
} from '../revocation.js';

/** What nearly every token has of its own: remembered, it would only push out what others share. */
const OWN_KINDS: ReadonlySet<RevocationKind> = new Set<RevocationKind>([
  'token',
  'session',
  'grant',
]);
const MAX_PER_GENERATION = 10_000;

/**
 * Fingerprints of what many credentials share: their client, user, issuer and key. Of the nine digests that a token seen
 * for the first time takes, it saves six. Bounded, in two generations.
 */
export class KnownFingerprints {
  private young = new Map<RevocationKey, Fingerprint>();
  private old = new Map<RevocationKey, Fingerprint>();

  constructor(
    private readonly fingerprinting: Fingerprinting,
    private readonly maxPerGeneration = MAX_PER_GENERATION,
  ) {}

  get size(): number {
    return this.young.size + this.old.size;
  }

  of(target: RevocationTarget): Fingerprint {
    const key = revocationKey(target);
    if (OWN_KINDS.has(target.kind)) return this.fingerprinting(digestOf(key));
    const known = this.young.get(key);
    if (known !== undefined) return known;
    const fingerprint = this.old.get(key) ?? this.fingerprinting(digestOf(key));
    if (this.young.size >= this.maxPerGeneration) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, fingerprint);
    return fingerprint;
  }
}
