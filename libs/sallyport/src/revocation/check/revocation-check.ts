import type { RevocationTarget } from '../revocation.js';
import type { KnownFingerprints } from './known-fingerprints.js';
import {
  questionsOf,
  roleVersionTargets,
  type RevocationQuestion,
  type RevocationSubject,
} from './revocation-question.js';

/** How the replica is asked, by the third word of a question. */
export const ASK = {
  /** Ended by any mark. */
  final: 0,
  /** Ended by an epoch above the value. */
  epoch: 1,
  /** Ended by a revocation in the second of the value, or later. */
  time: 2,
  /** Above the value it is to be settled what the sum of both role versions says. */
  role: 3,
  /** As `time`, where role versions are kept. */
  roleTime: 4,
} as const;

/** Of a question: fingerprint, how to ask, and the value to compare with. */
export const WORDS = 4;

/**
 * What can end one credential, worked out once, when it was verified: keep it with the credential. The values of role
 * versions move up as they are settled.
 */
export interface RevocationCheck {
  readonly words: Uint32Array;
  /** In milliseconds; infinite for what is not revoked by forgetting its age. */
  readonly issuedAt: number;
  readonly subject: RevocationSubject;
  /** How many changes the replica had been told when nothing was found: while there are no more, nothing will be. */
  clearAt: number;
}

/** A verified credential, whatever else it says. */
export interface Revocable {
  readonly revocation: RevocationCheck;
}

export function revocationCheckOf(
  subject: RevocationSubject,
  clockSkewSeconds: number,
  fingerprints: Pick<KnownFingerprints, 'of'>,
): RevocationCheck {
  const questions = questionsOf(subject, clockSkewSeconds);
  const roles = roleVersionTargets(subject);
  const words = new Uint32Array((questions.length + roles.length) * WORDS);
  const put = (index: number, target: RevocationTarget, ask: number, value: number): void => {
    const { high, low } = fingerprints.of(target);
    const at = index * WORDS;
    words[at] = high;
    words[at + 1] = low;
    words[at + 2] = ask;
    words[at + 3] = value;
  };
  questions.forEach((question, index) => {
    put(index, question.target, askOf(question), valueOf(question));
  });
  roles.forEach((target, index) => {
    put(questions.length + index, target, ASK.role, 0);
  });
  const issuedAt = 'token' in subject ? subject.token.issuedAt.getTime() : Infinity;
  return { words, issuedAt, subject, clearAt: -1 };
}

function askOf({ target, carries }: RevocationQuestion): number {
  if (carries === null) return ASK.final;
  if (typeof carries === 'number') return ASK.epoch;
  return target.kind === 'user-client' ? ASK.roleTime : ASK.time;
}

/** Times are rounded down here and up in the replica, so that it rather asks once more than once too little. */
function valueOf({ carries }: RevocationQuestion): number {
  if (typeof carries === 'number') return carries;
  return carries === null ? 0 : Math.max(1, Math.floor(carries.getTime() / 1000));
}
