import { addSeconds } from '../../clock.js';
import type { UserId } from '../../users/user.js';
import { ANY_CLIENT, type RevocationMark, type RevocationTarget } from '../revocation.js';
import type { TokenEpochs } from '../token-epochs.js';

/** What revocation needs to know of a verified access token. */
export interface RevocableToken {
  readonly issuer: string;
  readonly jti: string | null;
  readonly sid: string | null;
  readonly gid: string | null;
  readonly kid: string;
  readonly issuedAt: Date;
  readonly epochs: TokenEpochs | null;
  readonly clientId: string;
  readonly user: UserId | null;
}

/** What it needs to know of a verified API key. */
export interface RevocableApiKey {
  readonly id: string;
  readonly clientId: string;
  readonly user: UserId | null;
  readonly clientEpoch: number;
  readonly userEpoch: number;
}

/** What it needs to know of a verified client secret. */
export interface RevocableClientSecret {
  readonly id: string;
  readonly clientId: string;
  readonly clientEpoch: number;
}

/** What it needs to know of a key that a client has registered: it ends when it is registered no more. */
export interface RevocableClientKey {
  readonly clientId: string;
}

/** One verified credential. */
export type RevocationSubject =
  | { readonly token: RevocableToken }
  | { readonly apiKey: RevocableApiKey }
  | { readonly clientSecret: RevocableClientSecret }
  | { readonly clientKey: RevocableClientKey };

export function clientIdOf(subject: RevocationSubject): string {
  if ('token' in subject) return subject.token.clientId;
  if ('apiKey' in subject) return subject.apiKey.clientId;
  return 'clientKey' in subject ? subject.clientKey.clientId : subject.clientSecret.clientId;
}

/** Whether one target's mark ends a credential. */
export interface RevocationQuestion {
  readonly target: RevocationTarget;
  /**
   * What the credential carries to compare: an epoch; the time of issue, less what clocks may differ, where
   * it carries no epoch; or nothing, where any revocation is final.
   */
  readonly carries: number | Date | null;
}

export function isEndedBy(
  mark: RevocationMark | null,
  carries: RevocationQuestion['carries'],
): boolean {
  if (mark === null) return false;
  if (carries === null) return mark.epoch > 0;
  if (typeof carries === 'number') return mark.epoch > carries;
  return mark.revokedAt !== null && carries <= mark.revokedAt;
}

/** All but the role version of our own tokens, which is a sum of two marks. Always in the same order. */
export function questionsOf(
  subject: RevocationSubject,
  clockSkewSeconds: number,
): readonly RevocationQuestion[] {
  if ('token' in subject) return questionsOfToken(subject.token, clockSkewSeconds);
  if ('apiKey' in subject) return questionsOfApiKey(subject.apiKey);
  if ('clientKey' in subject) return [];
  const { id, clientId, clientEpoch } = subject.clientSecret;
  return [
    ended({ kind: 'client-secret', id }),
    { target: { kind: 'client', clientId }, carries: clientEpoch },
  ];
}

const ended = (target: RevocationTarget): RevocationQuestion => ({ target, carries: null });

function questionsOfToken(token: RevocableToken, skew: number): readonly RevocationQuestion[] {
  const { issuer, jti, sid, gid, kid, epochs, clientId, user } = token;
  // Our own clocks agree: what we issue after a revocation is not dated back.
  const issuedAt = epochs === null ? addSeconds(token.issuedAt, -skew) : token.issuedAt;
  const questions: RevocationQuestion[] = [
    ended({ kind: 'signing-key', issuer, kid }),
    { target: { kind: 'issuer', issuer }, carries: issuedAt },
    { target: { kind: 'client', clientId }, carries: epochs?.client ?? issuedAt },
  ];
  if (jti !== null) questions.push(ended({ kind: 'token', issuer, jti }));
  if (sid !== null) questions.push(ended({ kind: 'session', issuer, sid }));
  if (gid !== null) questions.push(ended({ kind: 'grant', issuer, gid }));
  if (user !== null) {
    questions.push({ target: { kind: 'user', ...idOf(user) }, carries: epochs?.user ?? issuedAt });
  }
  if (user !== null && epochs === null) {
    for (const client of [clientId, ANY_CLIENT]) {
      const target = { kind: 'user-client', ...idOf(user), clientId: client } as const;
      questions.push({ target, carries: issuedAt });
    }
  }
  return questions;
}

/** The two targets whose epochs make up `rv`; none in a client's own token and in tokens of other issuers. */
export function roleVersionTargets(subject: RevocationSubject): readonly RevocationTarget[] {
  if (!('token' in subject)) return [];
  const { user, epochs, clientId } = subject.token;
  if (user === null || epochs === null) return [];
  return [clientId, ANY_CLIENT].map((client) => ({
    kind: 'user-client',
    ...idOf(user),
    clientId: client,
  }));
}

function questionsOfApiKey(key: RevocableApiKey): readonly RevocationQuestion[] {
  const questions: RevocationQuestion[] = [
    ended({ kind: 'api-key', apiKeyId: key.id }),
    { target: { kind: 'client', clientId: key.clientId }, carries: key.clientEpoch },
  ];
  if (key.user !== null) {
    questions.push({ target: { kind: 'user', ...idOf(key.user) }, carries: key.userEpoch });
  }
  return questions;
}

/** Without what else a user may carry. */
const idOf = ({ issuer, subject }: UserId): UserId => ({ issuer, subject });
