import { digestOf } from './replica/fingerprint.js';
import type { RevocationChange, RevocationKind } from './revocation.js';

/** A change as it is told from instance to instance: by the digest of its key. */
export interface RevocationNotice {
  readonly kind: RevocationKind;
  /** SHA-256 of the key, or as much of it as was sent. */
  readonly digest: Buffer;
  readonly epoch: number;
  /** Milliseconds since 1970; 0: only the epoch was raised. */
  readonly revokedAt: number;
  readonly changedAt: number;
}

export const noticeOf = ({
  key,
  kind,
  epoch,
  revokedAt,
  changedAt,
}: RevocationChange): RevocationNotice => ({
  kind,
  digest: digestOf(key),
  epoch,
  revokedAt: revokedAt?.getTime() ?? 0,
  changedAt: changedAt.getTime(),
});

/** Whoever is told what all instances publish. */
export interface RevocationFollowing {
  heard(notices: readonly RevocationNotice[]): void;
  /** Something may have been published that was not heard: ask the durable store. */
  missed(): void;
  /** Nothing is heard until `missed` is called again. */
  lost(): void;
}
