import type { RevocationKind } from '../../revocation/revocation.js';
import type { RevocationNotice } from '../../revocation/revocation-notice.js';

const DIGEST_BYTES = 16;

/** Letters by kind. One that was used may never mean another kind. */
const LETTERS: Readonly<Record<RevocationKind, string>> = {
  token: 't',
  session: 's',
  grant: 'g',
  user: 'u',
  'user-client': 'r',
  client: 'c',
  'api-key': 'k',
  'client-secret': 'p',
  'signing-key': 'j',
  issuer: 'i',
  'client-record': 'C',
  'client-secrets-record': 'P',
  'api-key-record': 'K',
  'user-record': 'U',
};

const KINDS = new Map(
  Object.entries(LETTERS).map(([kind, letter]) => [letter, kind as RevocationKind]),
);

/** Compact, and without any identifier: `kind digest epoch revokedAt changedAt`, joined by dots and commas. */
export const textOfNotices = (notices: readonly RevocationNotice[]): string =>
  notices
    .map(({ kind, digest, epoch, revokedAt, changedAt }) =>
      [
        LETTERS[kind],
        digest.subarray(0, DIGEST_BYTES).toString('base64url'),
        ...[epoch, revokedAt, changedAt].map((count) => count.toString(36)),
      ].join('.'),
    )
    .join(',');

/** Null where any of it cannot be read: a later version may have written it. */
export function noticesIn(text: string): readonly RevocationNotice[] | null {
  const notices: RevocationNotice[] = [];
  for (const part of text === '' ? [] : text.split(',')) {
    const [letter = '', digestText = '', ...counts] = part.split('.');
    const kind = KINDS.get(letter);
    const digest = Buffer.from(digestText, 'base64url');
    const [epoch = NaN, revokedAt = NaN, changedAt = NaN] = counts.map((one) => parseInt(one, 36));
    const isRead = [epoch, revokedAt, changedAt].every(Number.isSafeInteger);
    if (kind === undefined || digest.length !== DIGEST_BYTES || !isRead) return null;
    notices.push({ kind, digest, epoch, revokedAt, changedAt });
  }
  return notices;
}
