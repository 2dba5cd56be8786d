import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { isEndedBy, type RevocationQuestion } from '../revocation/check/revocation-question.js';
import { revocationKey } from '../revocation/revocation.js';
import { RevocationStore } from '../revocation/revocation.store.js';
import type { Transaction } from '../transactions/transaction.js';
import type { Grant } from './grant.js';

/** Tells grants that still count from those that anything has ended. */
@Injectable()
export class LivingGrants {
  constructor(
    private readonly revocations: RevocationStore,
    private readonly clock: Clock,
  ) {}

  /**
   * Those that are neither ended nor expired, and that no revocation of their user, client, session or own id has
   * passed; in their order. From the durable store, as `transaction` sees it. Whether client and user are disabled or
   * suspended is not asked.
   */
  async among(grants: readonly Grant[], transaction?: Transaction): Promise<readonly Grant[]> {
    const now = this.clock.now();
    const candidates = grants
      .filter(({ ended, expiresAt }) => ended === null && expiresAt > now)
      .map((grant) => ({ grant, questions: questionsOf(grant) }));
    const asked = candidates.flatMap(({ questions }) => questions);
    const keys = [...new Set(asked.map(({ target }) => revocationKey(target)))];
    const found = keys.length === 0 ? [] : await this.revocations.marks(keys, transaction);
    const marks = new Map(keys.map((key, index) => [key, found[index] ?? null]));

    const isEnded = ({ target, carries }: RevocationQuestion): boolean =>
      isEndedBy(marks.get(revocationKey(target)) ?? null, carries);
    return candidates.filter(({ questions }) => !questions.some(isEnded)).map(({ grant }) => grant);
  }
}

const questionsOf = (grant: Grant): readonly RevocationQuestion[] => {
  const { issuer, subject, clientId, id, sid, userEpoch, clientEpoch, createdAt } = grant;
  return [
    { target: { kind: 'issuer', issuer }, carries: createdAt },
    { target: { kind: 'user', issuer, subject }, carries: userEpoch },
    { target: { kind: 'client', clientId }, carries: clientEpoch },
    { target: { kind: 'session', issuer, sid }, carries: null },
    { target: { kind: 'grant', issuer, gid: id }, carries: null },
  ];
};
