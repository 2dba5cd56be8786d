import { invalidInput } from '../../input.js';
import {
  columnsOfDimension,
  type UsageCursor,
  type UsageDimension,
} from '../../usage/usage-query.js';

/** For the caller a text that means nothing. */
export const encodeCursor = ({ startsAt, values }: UsageCursor): string =>
  Buffer.from(JSON.stringify([startsAt.getTime(), ...values])).toString('base64url');

/** Throws ERR_INPUT_INVALID for what is no cursor of a question that is grouped so. */
export function decodeCursor(text: string, groupBy: readonly UsageDimension[]): UsageCursor {
  const columns = groupBy.flatMap(columnsOfDimension);
  const [time, ...values] = parse(text);
  const startsAt = new Date(isWhole(time, 253_402_300_800_000) ? time : NaN);
  const fits = (value: unknown, index: number): value is string | number =>
    columns[index] === 'status' ? isWhole(value, 1000) : isText(value);
  if (Number.isNaN(startsAt.getTime()) || values.length !== columns.length || !values.every(fits)) {
    throw invalidInput('after must be `next` of the page before, with the same groupBy');
  }
  return { startsAt, values };
}

const isWhole = (value: unknown, below: number): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < below;

/** As it can be kept. */
const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.isWellFormed() && !value.includes('\0');

function parse(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
