import { addSeconds } from '../clock.js';
import type { UserId } from '../users/user.js';
import { ANY_CLIENT, type RevocationMark, type RevocationTarget } from './revocation.js';
import type { TokenEpochs } from './token-epochs.js';

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

/** Everything verified that one request presented. */
export interface RevocationSubject {
  readonly tokens?: readonly RevocableToken[];
  readonly apiKeys?: readonly RevocableApiKey[];
  readonly clientSecrets?: readonly { readonly id: string }[];
}

/** Whether one target's mark ends a credential. */
export interface RevocationQuestion {
  readonly target: RevocationTarget;
  /**
   * What the credential carries to compare: an epoch; the time of issue, where another issuer wrote no
   * epoch; or nothing, where any revocation is final.
   */
  readonly carries: number | Date | null;
}

export function isEndedBy(
  mark: RevocationMark | null,
  carries: RevocationQuestion['carries'],
  clockSkewSeconds: number,
): boolean {
  if (mark === null) return false;
  if (carries === null) return mark.epoch > 0;
  if (typeof carries === 'number') return mark.epoch > carries;
  return mark.revokedAt !== null && carries <= addSeconds(mark.revokedAt, clockSkewSeconds);
}

/** All that the list can answer alone: it remembers for longer than the token lives. */
export const questionsOf = ({ tokens = [] }: RevocationSubject): RevocationQuestion[] =>
  tokens.flatMap(questionsOfToken);

/** What outlives the list's horizon, so that the durable store is to answer too. They are few, whatever the traffic. */
export function lastingQuestionsOf(subject: RevocationSubject): RevocationQuestion[] {
  const { tokens = [], apiKeys = [], clientSecrets = [] } = subject;
  return [
    ...tokens.map(({ issuer, kid }) => ended({ kind: 'signing-key', issuer, kid })),
    ...apiKeys.flatMap(questionsOfApiKey),
    ...clientSecrets.map(({ id }) => ended({ kind: 'client-secret', id })),
  ];
}

const ended = (target: RevocationTarget): RevocationQuestion => ({ target, carries: null });

/** All but the role version of our own tokens, which is a sum of two marks. */
function questionsOfToken(token: RevocableToken): RevocationQuestion[] {
  const { issuer, jti, sid, gid, issuedAt, epochs, clientId, user } = token;
  const questions: RevocationQuestion[] = [
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
export function roleVersionTargets({ user, epochs, clientId }: RevocableToken): RevocationTarget[] {
  if (user === null || epochs === null) return [];
  return [clientId, ANY_CLIENT].map((client) => ({
    kind: 'user-client',
    ...idOf(user),
    clientId: client,
  }));
}

function questionsOfApiKey(key: RevocableApiKey): RevocationQuestion[] {
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
