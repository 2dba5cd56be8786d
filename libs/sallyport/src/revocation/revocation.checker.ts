import { Inject, Injectable } from '@nestjs/common';
import { FreshCache } from '../cache/fresh-cache.js';
import { addSeconds, Clock } from '../clock.js';
import { SallyportError } from '../errors.js';
import {
  epochQuestionsOfApiKey,
  isEndedBy,
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
  private readonly epochs: FreshCache<RevocationMark | null>;

  constructor(
    private readonly list: RevocationList,
    private readonly store: RevocationStore,
    private readonly publisher: RevocationPublisher,
    private readonly clock: Clock,
    @Inject(REVOCATION_OPTIONS) private readonly options: ResolvedRevocationOptions,
  ) {
    this.epochs = new FreshCache(clock);
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
    const { tokens = [], apiKeys = [] } = subject;
    for (const token of tokens) this.assertWithinHorizon(token);
    const lasting = apiKeys.flatMap(epochQuestionsOfApiKey);
    const questions = [...questionsOf(subject), ...lasting];
    const targets = [
      ...questions.map(({ target }) => target),
      ...tokens.flatMap(roleVersionTargets),
    ];

    const [seen, stored] = await Promise.all([
      this.look(targets),
      this.freshEpochs(lasting.map(({ target }) => target)),
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
    const marksIn = ({ marks }: Seen): (RevocationMark | null)[] =>
      targets.map((target) => marks.get(revocationKey(target)) ?? null);
    let marks = marksIn(seen);
    if (token.epochs === null || marks.every((mark) => mark === null)) return;
    // One of the two may have left the list, where it counts for nothing; the sum needs both.
    if (!seen.isWhole && marks.includes(null)) {
      const keys = targets.map(revocationKey);
      marks = [...(await this.storedMarks(keys))];
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

  /** API keys outlive what the list remembers, so their epochs are read from the store, twice a second at most. */
  private async freshEpochs(targets: readonly RevocationTarget[]): Promise<MarksByKey> {
    const entries = targets.map(async (target): Promise<[RevocationKey, RevocationMark | null]> => {
      const key = revocationKey(target);
      const load = async (): Promise<RevocationMark | null> =>
        (await this.storedMarks([key]))[0] ?? null;
      return [key, await this.epochs.get(key, load)];
    });
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
