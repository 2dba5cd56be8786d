import { Inject, Injectable } from '@nestjs/common';
import { SallyportError } from '../../errors.js';
import { REVOCATION_OPTIONS, type ResolvedRevocationOptions } from '../revocation.options.js';
import { RevocationList } from '../revocation.list.js';
import { RevocationPublisher } from '../revocation.publisher.js';
import { RevocationStore } from '../revocation.store.js';
import {
  revocationKey,
  type RevocationKey,
  type RevocationMark,
  type RevocationTarget,
} from '../revocation.js';
import { staleRoles, revoked } from './refusals.js';
import type { Revocable } from './revocation-check.js';
import { isEndedBy, questionsOf, roleVersionTargets } from './revocation-question.js';

type Marks = ReadonlyMap<RevocationKey, RevocationMark | null>;

/**
 * Asks the blacklist that all instances share, in one round trip, or the durable store while the list cannot vouch for
 * itself. For routes that say so, after the replica was asked: what is older than the list remembers is there.
 */
@Injectable()
export class StrictRevocationChecker {
  constructor(
    private readonly list: RevocationList,
    private readonly store: RevocationStore,
    private readonly publisher: RevocationPublisher,
    @Inject(REVOCATION_OPTIONS) private readonly options: ResolvedRevocationOptions,
  ) {}

  /** Throws as `RevocationChecker` does; ERR_STORE_UNAVAILABLE when neither list nor store answers. */
  async assertNotRevoked(credentials: readonly Revocable[]): Promise<void> {
    const marks = await this.look(credentials.flatMap(targetsOf(this.options)));
    for (const { revocation } of credentials) {
      for (const { target, carries } of questionsOf(
        revocation.subject,
        this.options.clockSkewSeconds,
      )) {
        if (isEndedBy(marks.get(revocationKey(target)) ?? null, carries))
          throw revoked(target, revocation.subject);
      }
      await this.refuseStale(revocation.subject, marks);
    }
  }

  /** Of the two role versions one may have left the list, where it counts for nothing; the sum needs both. */
  private async refuseStale(subject: Revocable['revocation']['subject'], marks: Marks) {
    const keys = roleVersionTargets(subject).map(revocationKey);
    if (keys.every((key) => (marks.get(key) ?? null) === null)) return;
    const both = keys.some((key) => (marks.get(key) ?? null) === null)
      ? await this.stored(keys)
      : keys.map((key) => marks.get(key) ?? null);
    const refusal = staleRoles(subject, both);
    if (refusal !== null) throw refusal;
  }

  private async look(targets: readonly RevocationTarget[]): Promise<Marks> {
    const keys = [...new Set(targets.map(revocationKey))];
    const listed = this.publisher.isBehind ? null : await this.list.check(keys);
    if (listed === null) this.publisher.requestRebuild();
    const marks = listed ?? (await this.stored(keys));
    return new Map(keys.map((key, index) => [key, marks[index] ?? null]));
  }

  private async stored(
    keys: readonly RevocationKey[],
  ): Promise<readonly (RevocationMark | null)[]> {
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

const targetsOf =
  ({ clockSkewSeconds }: ResolvedRevocationOptions) =>
  ({ revocation: { subject } }: Revocable): readonly RevocationTarget[] => [
    ...questionsOf(subject, clockSkewSeconds).map(({ target }) => target),
    ...roleVersionTargets(subject),
  ];
