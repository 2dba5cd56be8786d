import { mergeRows, OTHER, startOf, type UsageDimensions, type UsageRow } from './usage.js';

/** Without what tells senders apart. */
export const withoutSender = <T extends UsageDimensions>(row: T): T => ({
  ...row,
  userIssuer: row.userIssuer === '' ? '' : OTHER,
  userSubject: row.userSubject === '' ? '' : OTHER,
  address: OTHER,
  country: OTHER,
  userAgent: OTHER,
});

export const everythingFolded: UsageDimensions = Object.freeze({
  clientId: OTHER,
  apiKeyId: OTHER,
  userIssuer: OTHER,
  userSubject: OTHER,
  route: OTHER,
  method: OTHER,
  status: 0,
  refusal: OTHER,
  address: OTHER,
  country: OTHER,
  userAgent: OTHER,
});

/** Who is to be charged, by the hour. */
const chargeable = (row: UsageRow): UsageRow => ({
  ...row,
  ...everythingFolded,
  clientId: row.clientId,
  apiKeyId: row.apiKeyId,
  startsAt: startOf('hour', row.startsAt),
});

const hourly = (row: UsageRow): UsageRow => ({
  ...row,
  ...everythingFolded,
  startsAt: startOf('hour', row.startsAt),
});

/** How rows lose detail, step by step. The last step leaves one row an hour, so that any outage fits. */
const STEPS = [(row: UsageRow) => row, withoutSender<UsageRow>, chargeable, hourly];

/** Rows that are at most `most`, if it can be done, with the same sums; the oldest lose detail first. */
export function foldOldest(rows: readonly UsageRow[], most: number): UsageRow[] {
  let left = [...rows].sort((a, b) => a.startsAt.getTime() - b.startsAt.getTime());
  for (const step of STEPS) {
    const older = Math.ceil(left.length / 2);
    left = mergeRows(left.map((row, index) => (index < older ? step(row) : row)));
    if (left.length <= most) return left;
    left = mergeRows(left.map(step));
    if (left.length <= most) return left;
  }
  return left;
}
