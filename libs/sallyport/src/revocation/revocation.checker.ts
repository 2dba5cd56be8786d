import { Inject, Injectable } from '@nestjs/common';
import { FreshCache } from '../cache/fresh-cache.js';
import { addSeconds, Clock } from '../clock.js';
import { SallyportError } from '../errors.js';
import {
  isEndedBy,
  lastingQuestionsOf,
  questionsOf,
  roleVersionTargets,
  type RevocableToken,
  type RevocationQuestion,
  type RevocationSubject,
} from './revocation-question.js';
import { targetId } from './revocation-target.js';
import { RevocationList } from './revocation.list.js';
import { REVOCATION_OPTIONS, type ResolvedRevocationOptions } from './revocation.options.js';
import { RevocationPublisher } from './revocation.publisher.js';
import { RevocationStore } from './revocation.store.js';
import {
  revocationKey,
  type RevocationKey,
  type RevocationMark,
  type RevocationTarget,
} from './revocation.js';

type Marks = readonly (RevocationMark | null)[];

type MarksByKey = ReadonlyMap<RevocationKey, RevocationMark | null>;

interface Seen {
  readonly marks: MarksByKey;
  /** Whether a target without a mark was never revoked, rather than not lately. */
  readonly isWhole: boolean;
}

/** Asks whether credentials were revoked: the list, in one round trip, or else the durable store. */
@Injectable()
export class RevocationChecker {
  private readonly lasting: FreshCache<RevocationMark | null>;

  constructor(
    private readonly list: RevocationList,
    private readonly store: RevocationStore,
    private readonly publisher: RevocationPublisher,
    private readonly clock: Clock,
    @Inject(REVOCATION_OPTIONS) private readonly options: ResolvedRevocationOptions,
  ) {
    this.lasting = new FreshCache(clock);
  }

  /** The marks of these keys, in their order. Throws ERR_STORE_UNAVAILABLE when neither list nor store answers. */
  async marks(keys: readonly RevocationKey[]): Promise<Marks> {
    return (await this.listedMarks(keys)) ?? this.storedMarks(keys);
  }

  /**
   * Throws ERR_CREDENTIAL_REVOKED, or ERR_CREDENTIAL_STALE where only the user's roles changed since; with a
   * reason that names what was revoked. Signature, expiry and state of the records are for the caller to check.
   */
  async assertNotRevoked(subject: RevocationSubject): Promise<void> {
    const { tokens = [] } = subject;
    for (const token of tokens) this.assertWithinHorizon(token);
    const lasting = lastingQuestionsOf(subject);
    const questions = [...questionsOf(subject), ...lasting];
    const targets = [
      ...questions.map(({ target }) => target),
      ...tokens.flatMap(roleVersionTargets),
    ];

    const [seen, stored] = await Promise.all([
      this.look(targets),
      this.freshMarks(lasting.map(({ target }) => target)),
    ]);
    this.refuseEnded(questions, seen.marks);
    this.refuseEnded(lasting, stored);
    for (const token of tokens) await this.refuseStale(token, seen);
  }

  private assertWithinHorizon({ issuer, jti, issuedAt }: RevocableToken): void {
    const oldest = addSeconds(this.clock.now(), -this.options.maxTokenAgeSeconds);
    if (issuedAt < oldest) {
      throw new SallyportError('ERR_CREDENTIAL_EXPIRED', {
        reason: `token ${jti ?? 'without jti'} of ${issuer} is older than revocations are remembered`,
      });
    }
  }

  private refuseEnded(questions: readonly RevocationQuestion[], marks: MarksByKey): void {
    for (const { target, carries } of questions) {
      const mark = marks.get(revocationKey(target)) ?? null;
      if (isEndedBy(mark, carries, this.options.clockSkewSeconds)) throw revoked(target);
    }
  }

  private async refuseStale(token: RevocableToken, seen: Seen): Promise<void> {
    const targets = roleVersionTargets(token);
    const marksIn = (known: MarksByKey): (RevocationMark | null)[] =>
      targets.map((target) => known.get(revocationKey(target)) ?? null);
    let marks = marksIn(seen.marks);
    if (token.epochs === null || marks.every((mark) => mark === null)) return;
    // One of the two may have left the list, where it counts for nothing; the sum needs both.
    if (!seen.isWhole && marks.includes(null)) {
      const stored = marksIn(await this.freshMarks(targets));
      marks = marks.map((mark, index) => mark ?? stored[index] ?? null);
    }
    const roleVersion = marks.reduce((sum, mark) => sum + (mark?.epoch ?? 0), 0);
    if (roleVersion <= token.epochs.roleVersion) return;
    const ended = targets.find((_, index) => isEndedBy(marks[index] ?? null, token.issuedAt, 0));
    if (ended !== undefined) throw revoked(ended);
    throw new SallyportError('ERR_CREDENTIAL_STALE', {
      reason: `user ${token.user?.subject ?? ''} has other roles in client ${token.clientId} since`,
    });
  }

  private async look(targets: readonly RevocationTarget[]): Promise<Seen> {
    const keys = [...new Set(targets.map(revocationKey))];
    const listed = await this.listedMarks(keys);
    const marks = listed ?? (await this.storedMarks(keys));
    return {
      marks: new Map(keys.map((key, index) => [key, marks[index] ?? null])),
      isWhole: listed === null,
    };
  }

  /** For what the list may have forgotten: from the store, twice a second at most, all that is missing in one query. */
  private async freshMarks(targets: readonly RevocationTarget[]): Promise<MarksByKey> {
    const missing: RevocationKey[] = [];
    const query = Promise.withResolvers<Marks>();
    const entries = targets.map(async (target): Promise<[RevocationKey, RevocationMark | null]> => {
      const key = revocationKey(target);
      const load = async (): Promise<RevocationMark | null> => {
        const index = missing.push(key) - 1;
        return (await query.promise)[index] ?? null;
      };
      return [key, await this.lasting.get(key, load)];
    });
    // Every load has been asked for by now: the cache calls them at once.
    if (missing.length > 0) query.resolve(this.storedMarks(missing));
    return new Map(await Promise.all(entries));
  }

  private async listedMarks(keys: readonly RevocationKey[]): Promise<Marks | null> {
    const listed = this.publisher.isBehind ? null : await this.list.check(keys);
    if (listed === null) this.publisher.requestRebuild();
    return listed;
  }

  private async storedMarks(keys: readonly RevocationKey[]): Promise<Marks> {
    try {
      return await this.store.marks(keys);
    } catch (cause) {
      if (cause instanceof SallyportError) throw cause;
      throw new SallyportError('ERR_STORE_UNAVAILABLE', {
        reason: 'neither the list nor the store of revocations answers',
        retryAfterSeconds: 1,
        cause,
      });
    }
  }
}

const revoked = (target: RevocationTarget): SallyportError =>
  new SallyportError('ERR_CREDENTIAL_REVOKED', {
    reason: `${target.kind} ${targetId(target)} was revoked`,
  });
