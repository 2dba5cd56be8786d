import type { Granularity, UsageDimensions, UsageMeasures } from './usage.js';

/** What rows may be grouped and filtered by. A user is issuer and subject. */
export const USAGE_DIMENSIONS = [
  'clientId',
  'apiKeyId',
  'user',
  'route',
  'method',
  'status',
  'refusal',
  'address',
  'country',
  'userAgent',
] as const;
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number];

/** Columns of a dimension, in the order in which rows are sorted. */
export const columnsOfDimension = (
  dimension: UsageDimension,
): readonly (keyof UsageDimensions)[] =>
  dimension === 'user' ? ['userIssuer', 'userSubject'] : [dimension];

/** Where the next page begins: the row that ended the last one. */
export interface UsageCursor {
  readonly startsAt: Date;
  /** Values of the columns that rows are grouped by. */
  readonly values: readonly (string | number)[];
}

export interface UsageQuery {
  readonly granularity: Granularity;
  /** Both are starts of a minute, hour or day; `to` is not included. */
  readonly from: Date;
  readonly to: Date;
  readonly groupBy: readonly UsageDimension[];
  /** Equality on each; an empty text finds what has none. */
  readonly filter: Partial<UsageDimensions>;
  readonly limit: number;
  readonly after?: UsageCursor;
}

/** One line of an answer: the requests of one minute, hour or day that are alike in what was asked for. */
export interface UsageTotal extends UsageMeasures {
  readonly startsAt: Date;
  /** The columns that it is grouped by, and no others. */
  readonly group: Partial<UsageDimensions>;
}

export const cursorOf = ({ startsAt, group }: UsageTotal): UsageCursor => ({
  startsAt,
  values: Object.values(group),
});
