import { Inject, Injectable, Optional } from '@nestjs/common';
import { ChangeVersions } from '../../cache/change-versions.js';
import { REVOCATION_OPTIONS, type ResolvedRevocationOptions } from '../revocation.options.js';
import type { RevocationNotice } from '../revocation-notice.js';
import { isRecord, RECORD_SECONDS, type RevocationKind } from '../revocation.js';
import { fingerprintOf, type Fingerprinting } from './fingerprint.js';
import { EpochTable, FinalTable, FOR_EVER, PARTS } from './fingerprint-table.js';

export type RevocationListener = (high: number, kind: RevocationKind) => void;

export const FINGERPRINTING = Symbol('Fingerprinting');

/** How many of 256 parts are swept at a turn: all of them within a quarter of a minute. */
const PARTS_PER_TURN = 4;

/**
 * Everything that is revoked, by fingerprint, in this process: what is not here was not revoked, what is here may
 * have been. Told by the follower; asked by the checker at every request.
 */
@Injectable()
export class RevocationReplica {
  /** For caches of what a change may concern. */
  readonly versions = new ChangeVersions();
  readonly finals = new FinalTable();
  readonly epochs = new EpochTable(FOR_EVER);
  /** Role versions, which tokens alone carry: remembered for as long as a token may live. */
  readonly roles: EpochTable;
  readonly fingerprint: Fingerprinting;
  /** Changes of records that were told already. */
  private records = new EpochTable(RECORD_SECONDS);
  /** All that was committed before this instant is here. In milliseconds; minus infinity before the first reading. */
  completeAt = -Infinity;
  /** Counts what was told. */
  changes = 0;
  private readonly listeners = new Set<RevocationListener>();
  private nextPart = 0;

  constructor(
    @Inject(REVOCATION_OPTIONS) private readonly options: ResolvedRevocationOptions,
    @Optional() @Inject(FINGERPRINTING) fingerprinting?: Fingerprinting,
  ) {
    this.roles = new EpochTable(options.horizonSeconds);
    this.fingerprint = fingerprinting ?? fingerprintOf;
  }

  /** Doing it twice changes nothing, and an old notice takes nothing back. Returns whether it was news. */
  apply(notice: RevocationNotice): boolean {
    const { high, low } = this.fingerprint(notice.digest);
    const isNews = this.note(notice, high, low);
    this.changes += 1;
    // What ends a credential may share its fingerprint with what is new: that is looked at again in any case.
    if (isNews || !isRecord(notice.kind)) this.versions.raise(high);
    if (isNews) for (const listener of this.listeners) listener(high, notice.kind);
    return isNews;
  }

  private note({ kind, epoch, ...notice }: RevocationNotice, high: number, low: number): boolean {
    const { horizonSeconds, sessionSeconds } = this.options;
    const changedAt = Math.ceil(notice.changedAt / 1000);
    switch (kind) {
      case 'token':
        return this.finals.add(high, low, Math.min(FOR_EVER, changedAt + horizonSeconds));
      case 'session':
      case 'grant':
        return this.finals.add(high, low, Math.min(FOR_EVER, changedAt + sessionSeconds));
      case 'api-key':
      case 'client-secret':
      case 'signing-key':
        return this.finals.add(high, low, FOR_EVER);
      case 'user':
      case 'client':
      case 'issuer':
        return this.epochs.raise(high, low, epoch, Math.ceil(notice.revokedAt / 1000));
      case 'user-client':
        return this.roles.raise(high, low, epoch, changedAt);
      case 'client-record':
      case 'client-secrets-record':
      case 'api-key-record':
      case 'user-record':
        return this.records.raise(high, low, epoch, changedAt);
    }
  }

  /** For whoever may have missed changes: nothing that was remembered of records or admissions holds. */
  forgetRecords(): void {
    this.records = new EpochTable(RECORD_SECONDS);
    this.versions.raiseAll();
    this.changes += 1;
  }

  /** Is told of every change after it was applied. Returns how to stop. */
  listen(listener: RevocationListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Drops a part of what is over: called by turns. */
  sweep(nowMilliseconds: number): void {
    const nowSeconds = Math.floor(nowMilliseconds / 1000);
    for (let count = 0; count < PARTS_PER_TURN; count++) {
      this.finals.sweep(this.nextPart, nowSeconds);
      this.roles.sweep(this.nextPart, nowSeconds);
      this.records.sweep(this.nextPart, nowSeconds);
      this.nextPart = (this.nextPart + 1) % PARTS;
    }
  }

  get size(): number {
    return this.finals.size + this.epochs.size + this.roles.size + this.records.size;
  }

  get bytes(): number {
    return this.finals.bytes + this.epochs.bytes + this.roles.bytes + this.records.bytes;
  }
}
