import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../clock.js';
import { SallyportError } from '../../errors.js';
import { isPromise, type MaybePromise } from '../../maybe-promise.js';
import { RevocationReplica } from '../replica/revocation.replica.js';
import { REVOCATION_OPTIONS, type ResolvedRevocationOptions } from '../revocation.options.js';
import { revocationKey, type RevocationMark, type RevocationTarget } from '../revocation.js';
import type { RevocationMode } from '../revocation.decorator.js';
import { ExactMarks } from './exact-marks.js';
import { KnownFingerprints } from './known-fingerprints.js';
import { revoked, staleRoles } from './refusals.js';
import {
  ASK,
  revocationCheckOf,
  WORDS,
  type Revocable,
  type RevocationCheck,
} from './revocation-check.js';
import {
  isEndedBy,
  questionsOf,
  roleVersionTargets,
  type RevocationSubject,
} from './revocation-question.js';

type Mark = RevocationMark | null;

/** Asks the replica whether credentials were revoked, and settles exactly whatever it finds there. */
@Injectable()
export class RevocationChecker {
  private readonly maxTokenAge: number;
  private readonly maxStaleness: number;
  private readonly fingerprints: KnownFingerprints;

  constructor(
    private readonly replica: RevocationReplica,
    private readonly exact: ExactMarks,
    private readonly clock: Clock,
    @Inject(REVOCATION_OPTIONS) private readonly options: ResolvedRevocationOptions,
  ) {
    this.fingerprints = new KnownFingerprints(replica.fingerprint);
    this.maxTokenAge = options.maxTokenAgeSeconds * 1000;
    this.maxStaleness = options.maxStalenessSeconds * 1000;
  }

  /** What can end a credential that was just verified. */
  checkOf(subject: RevocationSubject): RevocationCheck {
    return revocationCheckOf(subject, this.options.clockSkewSeconds, this.fingerprints);
  }

  /**
   * Throws ERR_CREDENTIAL_REVOKED, ERR_CREDENTIAL_STALE where only the user's roles changed since (with a reason that
   * names what was revoked), or ERR_STORE_UNAVAILABLE when nobody can say. At once where nothing is found, else
   * perhaps after asking the durable store. Signature, expiry and state of the records are for the caller to check.
   */
  assertNotRevoked(
    credentials: readonly Revocable[],
    mode: RevocationMode = 'replica',
  ): MaybePromise<void> {
    const now = this.clock.milliseconds();
    this.assertTold(now, mode);
    for (const { revocation } of credentials) {
      if (revocation.issuedAt < now - this.maxTokenAge) throw tooOld(revocation);
      if (this.isHit(revocation, now / 1000)) return this.settleAll(credentials, now / 1000);
    }
  }

  /** How many changes were told so far: while there are no more, whatever was let in would be let in again. */
  get changes(): number {
    return this.replica.changes;
  }

  /** Throws ERR_STORE_UNAVAILABLE when changes may not have been told for longer than the mode allows. */
  assertTold(now: number, mode: RevocationMode): void {
    // The other way round when the system clock was set back.
    const staleness = Math.abs(now - this.replica.completeAt);
    // Whoever goes on without the stores must have been told everything once.
    if (staleness <= (mode === 'stale' ? Number.MAX_VALUE : this.maxStaleness)) return;
    throw new SallyportError('ERR_STORE_UNAVAILABLE', {
      reason: 'the stores have not told for too long what was revoked',
      retryAfterSeconds: 1,
    });
  }

  /** Whether anything that was revoked may end it. */
  private isHit(check: RevocationCheck, nowSeconds: number): boolean {
    const { words, clearAt } = check;
    if (clearAt === this.replica.changes) return false;
    for (let at = 0; at < words.length; at += WORDS) {
      if (this.mayEnd(words, at, nowSeconds)) return true;
    }
    check.clearAt = this.replica.changes;
    return false;
  }

  private mayEnd(words: Uint32Array, at: number, nowSeconds: number): boolean {
    const high = words[at] ?? 0;
    const low = words[at + 1] ?? 0;
    const value = words[at + 3] ?? 0;
    const ask: number = words[at + 2] ?? 0;
    switch (ask) {
      case ASK.final:
        return this.replica.finals.has(high, low, nowSeconds);
      case ASK.epoch:
        return this.replica.epochs.epoch(high, low) > value;
      case ASK.time:
        return this.replica.epochs.changedAt(high, low) >= value;
      case ASK.role:
        return this.replica.roles.epoch(high, low) > value;
      default:
        return this.replica.roles.changedAt(high, low) >= value;
    }
  }

  /** One after the other, so that none is left without anyone who waits for it. */
  private settleAll(credentials: readonly Revocable[], nowSeconds: number): MaybePromise<void> {
    const [first, ...others] = credentials;
    if (first === undefined) return;
    const settled = this.settle(first.revocation, nowSeconds);
    return isPromise(settled)
      ? settled.then(() => this.settleAll(others, nowSeconds))
      : this.settleAll(others, nowSeconds);
  }

  /** By the keys themselves, since another's may have the same fingerprint. */
  private settle(check: RevocationCheck, nowSeconds: number): MaybePromise<void> {
    const { words, subject } = check;
    const questions = questionsOf(subject, this.options.clockSkewSeconds);
    const roles = roleVersionTargets(subject);
    const hits = questions.filter((_, index) => this.mayEnd(words, index * WORDS, nowSeconds));
    const isRoleHit = roles.some((_, index) =>
      this.mayEnd(words, (questions.length + index) * WORDS, nowSeconds),
    );
    const targets = [...hits.map(({ target }) => target), ...(isRoleHit ? roles : [])];
    return this.withMarks(targets, (marks) => {
      hits.forEach(({ target, carries }, index) => {
        if (isEndedBy(marks[index] ?? null, carries)) throw revoked(target, subject);
      });
      if (isRoleHit) this.refuseStale(check, marks.slice(hits.length));
    });
  }

  private withMarks(
    targets: readonly RevocationTarget[],
    judge: (marks: readonly Mark[]) => void,
  ): MaybePromise<void> {
    const found = targets.map((target) => this.exact.find(revocationKey(target)));
    if (found.some(isPromise)) return Promise.all(found.map(async (mark) => mark)).then(judge);
    judge(found as readonly Mark[]);
  }

  private refuseStale({ words, subject }: RevocationCheck, marks: readonly Mark[]): void {
    const refusal = staleRoles(subject, marks);
    if (refusal !== null) throw refusal;
    // Of its own epochs, not of what the table says, which may be another's: the next raise is noticed.
    const first = words.length - marks.length * WORDS;
    marks.forEach((mark, index) => {
      words[first + index * WORDS + 3] = mark?.epoch ?? 0;
    });
  }
}

const tooOld = ({ subject }: RevocationCheck): SallyportError => {
  const { jti, issuer } = 'token' in subject ? subject.token : { jti: null, issuer: 'nobody' };
  return new SallyportError('ERR_CREDENTIAL_EXPIRED', {
    reason: `token ${jti ?? 'without jti'} of ${issuer} is older than revocations are remembered`,
  });
};
